"""What every door of this room hands over: one trained Whisper as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from numpy.typing import NDArray

from max_whisper.config import WhisperConfig

Tensor: TypeAlias = NDArray[Any]
Weights: TypeAlias = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A Whisper whose weights fit its config; whoever reads `tokenizer_json` checks it.

    `weights` holds exactly the tensors of `names.expected_shapes(config)`, float16 or
    float32, contiguous, under Hugging Face's names without `model.`. They may be mapped
    from the file: read them, never write to them. `dtype` is what the file stores:
    "float16", "bfloat16" (here widened to float32) or "float32".
    """

    name: str
    config: WhisperConfig
    weights: Weights = field(repr=False)
    tokenizer_json: str = field(repr=False)
    is_multilingual: bool
    dtype: str


def has_multilingual_vocabulary(config: WhisperConfig) -> bool:
    """Whether the vocabulary is multilingual, judged by size as in openai/whisper."""
    return config.vocab_size >= 51865
