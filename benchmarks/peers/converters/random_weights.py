"""A checkpoint of random weights: … SOURCE MADE d_model encoder decoder heads mels.

Vocabulary and all that is not a shape come from SOURCE. Halves, as OpenAI publishes.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch
from transformers import WhisperConfig, WhisperForConditionalGeneration


def main() -> None:
    source, made = map(Path, sys.argv[1:3])
    size, encoder, decoder, heads, mels = map(int, sys.argv[3:])
    config = WhisperConfig.from_pretrained(
        source,
        d_model=size,
        encoder_layers=encoder,
        decoder_layers=decoder,
        num_hidden_layers=encoder,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=4 * size,
        decoder_ffn_dim=4 * size,
        num_mel_bins=mels,
    )
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(config).half()
    model.save_pretrained(made)
    for path in (*source.glob("*.json"), *source.glob("*.txt")):
        if path.name != "config.json":
            shutil.copyfile(path, made / path.name)
    say_mels(made / "preprocessor_config.json", mels)


def say_mels(path: Path, mels: int) -> None:
    """Write how many mel bins the features have, and let no filters be kept."""
    facts = json.loads(path.read_text())
    facts.pop("mel_filters", None)
    path.write_text(json.dumps({**facts, "feature_size": mels}))


if __name__ == "__main__":
    main()
