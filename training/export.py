"""Write the trained model as a checkpoint in Hugging Face's layout, in float16.

python -m training.export [--work FOLDER] [--to FOLDER]
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from max_whisper.config import WhisperConfig
from max_whisper.tokenizer.tokenizer import Tokenizer
from max_whisper.weights.names import expected_shapes
from training.model import Whisper
from training.places import MODEL, WORK
from training.train import config_for, load_tokenizer


def main() -> None:
    """The average of the last steps, folded to exactly Whisper's tensors."""
    parser = argparse.ArgumentParser(prog="python -m training.export")
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--to", type=Path, default=MODEL)
    asked = parser.parse_args()
    tokenizer = load_tokenizer(asked.work)
    config = config_for(tokenizer)
    tensors = folded(averaged(asked.work / "state.pt", tokenizer, config))
    asked.to.mkdir(parents=True, exist_ok=True)
    kept = {f"model.{n}": tensors[n].half() for n in expected_shapes(config)}
    weights = asked.to / "model.safetensors"
    save_file(kept, weights, {"format": "pt"})
    weights.chmod(0o644)  # as git and wheels want it
    write_json(asked.to / "config.json", config_json(config, tokenizer))
    write_json(asked.to / "generation_config.json", generation_json(config, tokenizer))
    shutil.copyfile(asked.work / "tokenizer.json", asked.to / "tokenizer.json")


def averaged(path: Path, tokenizer: Tokenizer, config: WhisperConfig) -> Whisper:
    """The average that training kept, which is better than its last step."""
    model = Whisper(config, tokenizer.timestamp_begin)
    average = torch.load(path, weights_only=True)["parts"][1]
    prefix = "module."
    model.load_state_dict(
        {n.removeprefix(prefix): t for n, t in average.items() if n.startswith(prefix)}
    )
    return model


@torch.no_grad()
def folded(model: Whisper) -> dict[str, Tensor]:
    """Tensors by name, the timestamps' embeddings as plain rows."""
    embedding = model.decoder.embedding().contiguous()
    return model.state_dict() | {"decoder.embed_tokens.weight": embedding}


def config_json(config: WhisperConfig, tokenizer: Tokenizer) -> dict[str, Any]:
    """What this package and Hugging Face's read of a Whisper."""
    ends = ("bos_token_id", "eos_token_id", "pad_token_id")
    shapes = {k: v for k, v in asdict(config).items() if k != "alignment_heads"}
    return {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "activation_function": "gelu",
        "scale_embedding": False,
        **shapes,
        **dict.fromkeys(ends, tokenizer.eot),
        "decoder_start_token_id": tokenizer.sot,
        "torch_dtype": "float16",
    }


def generation_json(config: WhisperConfig, tokenizer: Tokenizer) -> dict[str, Any]:
    """How to decode with it; of the heads that were taught where to look, that of the
    last layer follows the sound most closely.
    """
    return {
        "is_multilingual": False,
        "alignment_heads": [[config.decoder_layers - 1, 0]],
        "decoder_start_token_id": tokenizer.sot,
        "eos_token_id": tokenizer.eot,
        "no_timestamps_token_id": tokenizer.no_timestamps,
    }


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Readable, with a line's end."""
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
