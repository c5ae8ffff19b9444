"""A folder as Hugging Face lays it out: config, tokenizer, safetensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from max_whisper.config import WhisperConfig
from max_whisper.errors import CheckpointError
from max_whisper.weights.bfloat16 import dtype_name
from max_whisper.weights.checkpoint import (
    Checkpoint,
    Tensor,
    has_multilingual_vocabulary,
)
from max_whisper.weights.complete import EMBEDDING, complete
from max_whisper.weights.safetensors import read_safetensors

CONFIG = "config.json"
GENERATION_CONFIG = "generation_config.json"
TOKENIZER = "tokenizer.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


def load_folder(folder: Path, *, name: str | None = None) -> Checkpoint:
    """Read the checkpoint in `folder`, called `name` or as the folder is.

    Raises `CheckpointError` for files that are missing, damaged or not a Whisper.
    """
    config = WhisperConfig.from_dict(_read_json(folder / CONFIG))
    generation = _generation_config(folder)
    config = replace(config, alignment_heads=_alignment_heads(generation, config))
    tensors = _read_tensors(folder)
    return Checkpoint(
        name=name or folder.resolve().name,
        config=config,
        weights=complete(tensors, config),
        tokenizer_json=read_text(folder / TOKENIZER),
        is_multilingual=_is_multilingual(generation, config),
        dtype=dtype_name(tensors[EMBEDDING]),
    )


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint: one, or the shards of its index.

    Raises `CheckpointError` where there is none, or where a shard is missing.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if not (folder / INDEX).is_file():
        others = [f.name for f in (*folder.glob("*.bin"), *folder.glob("*.pt"))]
        found = ", ".join(sorted(others)) or "none"
        raise CheckpointError(
            f"{folder}: expected {WEIGHTS}, found {found}; "
            "use a checkpoint saved as safetensors, or the path of OpenAI's .pt"
        )
    shards = [folder / shard for shard in _shards(folder / INDEX)]
    missing = [shard.name for shard in shards if not shard.is_file()]
    if missing:
        raise CheckpointError(
            f"{folder}: expected {len(shards)} shards, found no {', '.join(missing)}; "
            "fetch what is missing"
        )
    return shards


def read_text(path: Path) -> str:
    """The text of a file that a checkpoint must have; else `CheckpointError`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = "none" if isinstance(error, FileNotFoundError) else str(error)
        raise CheckpointError(
            f"{path.parent}: expected {path.name}, found {found}; "
            "take it from the checkpoint's page on the hub"
        ) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise CheckpointError(
            f"{path}: expected JSON, found something else ({error}); fetch it again"
        ) from error
    if not isinstance(values, dict):
        raise CheckpointError(
            f"{path}: expected a JSON object, found a {type(values).__name__}; "
            "fetch it again"
        )
    return values


def _generation_config(folder: Path) -> dict[str, Any]:
    path = folder / GENERATION_CONFIG
    return _read_json(path) if path.is_file() else {}


def _shards(index: Path) -> list[str]:
    weight_map = _read_json(index).get("weight_map")
    shards = set(weight_map.values()) if isinstance(weight_map, dict) else set()
    # A name with a folder in it could lead out of the checkpoint.
    if not shards or any(Path(str(shard)).name != shard for shard in shards):
        raise CheckpointError(
            f"{index}: expected a weight_map of file names, found none; fetch it again"
        )
    return sorted(shards)


def _read_tensors(folder: Path) -> dict[str, Tensor]:
    return {
        name.removeprefix("model."): tensor
        for path in weight_files(folder)
        for name, tensor in read_safetensors(path).items()
    }


def _is_multilingual(generation: Mapping[str, Any], config: WhisperConfig) -> bool:
    stated = generation.get("is_multilingual")
    return has_multilingual_vocabulary(config) if stated is None else bool(stated)


def _alignment_heads(
    generation: Mapping[str, Any], config: WhisperConfig
) -> tuple[tuple[int, int], ...]:
    """Those that are named; the late ones if none is, or if one is not there.

    Some distilled models name the heads of the model that they learnt from.
    """
    pairs = generation.get("alignment_heads") or config.late_heads()
    try:
        heads = tuple((int(layer), int(head)) for layer, head in pairs)
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"expected [layer, head] pairs as alignment_heads in {GENERATION_CONFIG}, "
            f"found {pairs!r}; does it belong to this checkpoint?"
        ) from error
    layers = range(config.decoder_layers)
    width = range(config.decoder_attention_heads)
    fits = all(layer in layers and head in width for layer, head in heads)
    return heads if fits else config.late_heads()
