"""OpenAI's `.pt`: dims and weights in one file of `torch.save`, tokenizer elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from max_whisper.config import WhisperConfig
from max_whisper.errors import CheckpointError
from max_whisper.weights.alignment_heads import known_heads
from max_whisper.weights.bfloat16 import dtype_name
from max_whisper.weights.checkpoint import (
    Checkpoint,
    Tensor,
    has_multilingual_vocabulary,
)
from max_whisper.weights.complete import EMBEDDING, complete
from max_whisper.weights.names import from_openai
from max_whisper.weights.tokenizer_file import tokenizer_json
from max_whisper.weights.torch_archive import read_torch_archive

DIMS = {
    "n_mels": "num_mel_bins",
    "n_vocab": "vocab_size",
    "n_audio_state": "d_model",
    "n_audio_layer": "encoder_layers",
    "n_audio_head": "encoder_attention_heads",
    "n_text_layer": "decoder_layers",
    "n_text_head": "decoder_attention_heads",
    "n_audio_ctx": "max_source_positions",
    "n_text_ctx": "max_target_positions",
}
"""OpenAI's names for the facts of a checkpoint, and Hugging Face's."""


def load_openai(path: Path, *, cache_dir: Path | None = None) -> Checkpoint:
    """Read a `.pt` of openai/whisper; its tokenizer.json lies beside it or on the hub.

    Raises `CheckpointError` for a file that is damaged, unsafe or not a Whisper, and
    for a tokenizer that is out of reach.
    """
    dims, state = _parts(read_torch_archive(path), path)
    config = _config(dims)
    config = replace(config, alignment_heads=known_heads(path.stem, config))
    tensors = {from_openai(name): tensor for name, tensor in state.items()}
    return Checkpoint(
        name=path.stem,
        config=config,
        weights=complete(tensors, config),
        tokenizer_json=tokenizer_json(path.parent, config, cache_dir),
        is_multilingual=has_multilingual_vocabulary(config),
        dtype=dtype_name(tensors[EMBEDDING]),
    )


def _parts(saved: Any, path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The dims and the tensors of a saved object, if it is one of OpenAI's."""
    parts = saved if isinstance(saved, dict) else {}
    dims, state = parts.get("dims"), parts.get("model_state_dict")
    if not isinstance(dims, dict) or not isinstance(state, dict):
        raise CheckpointError(
            f"{path}: expected dims and model_state_dict, found no such pair; "
            "is this a checkpoint of openai/whisper?"
        )
    others = [n for n, value in state.items() if not isinstance(value, np.ndarray)]
    if others:
        raise CheckpointError(
            f"{path}: expected tensors in model_state_dict, found something else as "
            f"{others[0]}; is this a checkpoint of openai/whisper?"
        )
    return dims, state


def _config(dims: Mapping[str, Any]) -> WhisperConfig:
    missing = [
        name for name in (*DIMS, "n_text_state") if not isinstance(dims.get(name), int)
    ]
    if missing:
        raise CheckpointError(
            f"expected {', '.join(missing)} as whole numbers in dims, found none; "
            "is this a checkpoint of openai/whisper?"
        )
    if dims["n_text_state"] != dims["n_audio_state"]:
        raise CheckpointError(
            "expected one width for encoder and decoder, found "
            f"{dims['n_audio_state']} and {dims['n_text_state']}; is this a Whisper?"
        )
    values = {ours: dims[theirs] for theirs, ours in DIMS.items()}
    inner = 4 * dims["n_audio_state"]  # openai/whisper fixes it at four times the width
    return WhisperConfig.from_dict(
        {**values, "encoder_ffn_dim": inner, "decoder_ffn_dim": inner}
    )
