"""A folder as Hugging Face lays it out: config, tokenizer, weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from max_whisper.config import WhisperConfig
from max_whisper.errors import CheckpointError
from max_whisper.weights.bfloat16 import dtype_name
from max_whisper.weights.checkpoint import (
    Checkpoint,
    Tensor,
    has_multilingual_vocabulary,
)
from max_whisper.weights.complete import EMBEDDING, complete
from max_whisper.weights.files import (
    CONFIG,
    GENERATION_CONFIG,
    PICKLED,
    weight_files,
)
from max_whisper.weights.read import read_json
from max_whisper.weights.safetensors import read_safetensors
from max_whisper.weights.tokenizer_file import tokenizer_json
from max_whisper.weights.torch_archive import read_torch_archive


def load_folder(
    folder: Path, *, name: str | None = None, cache_dir: Path | None = None
) -> Checkpoint:
    """Read the checkpoint in `folder`, called `name` or as the folder is.

    If it has no tokenizer, that of its vocabulary comes from the hub or its cache.
    Raises `CheckpointError` for files that are missing, damaged or not a Whisper.
    """
    config = WhisperConfig.from_dict(read_json(folder / CONFIG))
    generation = _generation_config(folder)
    config = replace(config, alignment_heads=_alignment_heads(generation, config))
    tensors = _read_tensors(folder)
    return Checkpoint(
        name=name or folder.resolve().name,
        config=config,
        weights=complete(tensors, config),
        tokenizer_json=tokenizer_json(folder, config, cache_dir),
        is_multilingual=_is_multilingual(generation, config),
        dtype=dtype_name(tensors[EMBEDDING]),
    )


def _generation_config(folder: Path) -> dict[str, Any]:
    path = folder / GENERATION_CONFIG
    return read_json(path) if path.is_file() else {}


def _read_tensors(folder: Path) -> dict[str, Tensor]:
    return {
        name.removeprefix("model."): tensor
        for path in weight_files(folder)
        for name, tensor in _read_file(path).items()
    }


def _read_file(path: Path) -> Mapping[str, Tensor]:
    if path.name != PICKLED:
        return read_safetensors(path)
    state = read_torch_archive(path)
    tensors = state if isinstance(state, dict) else {}
    others = [n for n, value in tensors.items() if not isinstance(value, np.ndarray)]
    if others or not tensors:
        found = others[0] if others else "none"
        raise CheckpointError(
            f"{path}: expected tensors by name and nothing else, found {found}; "
            "use a checkpoint saved as safetensors"
        )
    return tensors


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
