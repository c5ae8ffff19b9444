"""What every door of this room hands over: one trained Whisper as plain data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from numpy.typing import NDArray

from max_whisper.config import WhisperConfig

Tensor: TypeAlias = NDArray[Any]
Weights: TypeAlias = Mapping[str, Tensor]


SAMPLED = 16
"""Numbers at either end of a tensor; they lie in few pages of a mapped file."""


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

    @property
    def fingerprint(self) -> str:
        """What tells weights from others: a hash of some numbers of each tensor."""
        digest = hashlib.sha256()
        for name in sorted(self.weights):
            flat = self.weights[name].reshape(-1)
            digest.update(name.encode())
            digest.update(flat[:SAMPLED].tobytes() + flat[-SAMPLED:].tobytes())
        return digest.hexdigest()


def has_multilingual_vocabulary(config: WhisperConfig) -> bool:
    """Whether the vocabulary is multilingual, judged by size as in openai/whisper."""
    return config.vocab_size >= 51865
