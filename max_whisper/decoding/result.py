"""What the decoding of one window gives."""

from __future__ import annotations

import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DecodingResult:
    """The tokens of a window and how sure the model is of them.

    `tokens` are those between prompt and end, timestamps included; `text` is stripped.
    `language` is a code.
    """

    tokens: tuple[int, ...]
    text: str
    avg_logprob: float
    no_speech_prob: float
    temperature: float
    compression_ratio: float
    language: str


def compression_ratio(text: str) -> float:
    """Bytes of `text` over its bytes when compressed: high where it repeats itself."""
    raw = text.encode("utf-8")
    return len(raw) / len(zlib.compress(raw))
