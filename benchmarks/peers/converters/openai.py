"""A folder of Hugging Face as OpenAI's `.pt`: … SOURCE MADE."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from max_whisper.weights.names import OPENAI_TO_HUGGING_FACE
from max_whisper.weights.openai import DIMS


def main() -> None:
    source, made = map(Path, sys.argv[1:])
    config = json.loads((source / "config.json").read_text())
    dims = {openai: config[hugging_face] for openai, hugging_face in DIMS.items()}
    dims["n_text_state"] = config["d_model"]
    dims["n_text_head"] = config["decoder_attention_heads"]
    state = {
        to_openai(name): tensor
        for name, tensor in load_file(source / "model.safetensors").items()
        if name != "proj_out.weight"
    }
    torch.save({"dims": dims, "model_state_dict": state}, made)


def to_openai(name: str) -> str:
    name = name.removeprefix("model.")
    for openai, hugging_face in OPENAI_TO_HUGGING_FACE:
        name = name.replace(hugging_face, openai)
    return name


if __name__ == "__main__":
    main()
