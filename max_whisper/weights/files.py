"""The files of a checkpoint as Hugging Face lays it out."""

from __future__ import annotations

from pathlib import Path

from max_whisper.errors import CheckpointError
from max_whisper.weights.read import read_json

CONFIG = "config.json"
GENERATION_CONFIG = "generation_config.json"

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLED = "pytorch_model.bin"
"""Where older checkpoints have their weights."""

TOKENIZER = "tokenizer.json"
VOCAB, MERGES, ADDED = "vocab.json", "merges.txt", "added_tokens.json"
"""Of which the older tokenizer is made."""


def weight_files(folder: Path) -> list[Path]:
    """The files with the weights of a checkpoint: one, or the shards of its index.

    Raises `CheckpointError` where there is none, or where a shard is missing.
    """
    for name in (WEIGHTS, INDEX, PICKLED):
        if (folder / name).is_file():
            return _shards(folder) if name == INDEX else [folder / name]
    others = [f.name for f in (*folder.glob("*.bin"), *folder.glob("*.pt"))]
    found = ", ".join(sorted(others)) or "none"
    raise CheckpointError(
        f"{folder}: expected {WEIGHTS}, its shards, or {PICKLED} in one piece, found "
        f"{found}; use a checkpoint saved as safetensors, or the path of OpenAI's .pt"
    )


def has_tokenizer(folder: Path) -> bool:
    """Whether a checkpoint has its tokenizer, in the newer or the older form."""
    return any(
        all((folder / name).is_file() for name in names)
        for names in ((TOKENIZER,), (VOCAB, MERGES))
    )


def _shards(folder: Path) -> list[Path]:
    weight_map = read_json(folder / INDEX).get("weight_map")
    names = set(weight_map.values()) if isinstance(weight_map, dict) else set()
    # A name with a folder in it could lead out of the checkpoint.
    if not names or any(Path(str(name)).name != name for name in names):
        raise CheckpointError(
            f"{folder / INDEX}: expected a weight_map of file names, found none; "
            "fetch it again"
        )
    shards = [folder / name for name in sorted(names)]
    missing = [shard.name for shard in shards if not shard.is_file()]
    if missing:
        raise CheckpointError(
            f"{folder}: expected {len(shards)} shards, found no {', '.join(missing)}; "
            "fetch what is missing"
        )
    return shards
