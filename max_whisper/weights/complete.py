"""From the tensors that a file holds to exactly those that a Whisper needs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from max_whisper.config import WhisperConfig
from max_whisper.errors import CheckpointError
from max_whisper.weights.bfloat16 import widen
from max_whisper.weights.checkpoint import Tensor, Weights
from max_whisper.weights.names import check

EMBEDDING = "decoder.embed_tokens.weight"
POSITIONS = "encoder.embed_positions.weight"
TIED = "proj_out.weight"


def complete(tensors: Weights, config: WhisperConfig) -> dict[str, Tensor]:
    """Drop the tied output, add lacking encoder positions, check, widen bfloat16.

    `tensors` bear Hugging Face's names; the returned arrays are contiguous and copied
    only where they must be. Raises `CheckpointError` for what does not fit `config`.
    """
    weights = _without_tied_output(tensors)
    if POSITIONS not in weights:
        positions = sinusoids(config.max_source_positions, config.d_model)
        half = any(tensor.dtype == np.float16 for tensor in weights.values())
        weights[POSITIONS] = positions.astype(np.float16 if half else np.float32)
    check(weights, config)
    return {
        name: np.require(widen(tensor), requirements=["C", "A"])
        for name, tensor in weights.items()
    }


def sinusoids(length: int, channels: int) -> NDArray[np.float32]:
    """The encoder's positions, `[length, channels]`: sines, then cosines.

    The same formula as `sinusoids` in openai/whisper's model.py.
    """
    half = channels // 2
    increment = math.log(10000) / max(half - 1, 1)
    rates = np.exp(-increment * np.arange(half, dtype=np.float32))
    angles = np.arange(length, dtype=np.float32)[:, None] * rates[None, :]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def _without_tied_output(tensors: Weights) -> dict[str, Tensor]:
    weights = dict(tensors)
    tied = weights.pop(TIED, None)
    embedding = weights.get(EMBEDDING)
    if tied is None or embedding is None:
        return weights
    if not np.array_equal(tied, embedding):
        raise CheckpointError(
            f"expected {TIED} to equal {EMBEDDING}, found another; "
            "a Whisper with an output of its own cannot be run"
        )
    return weights
