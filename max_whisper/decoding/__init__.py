"""Audio features to tokens: prompts, rules, searches, fallback. No MAX, no seconds."""

from max_whisper.decoding.decode import decode
from max_whisper.decoding.fallback import (
    FallbackOptions,
    decode_with_fallback,
    is_silence,
    needs_fallback,
)
from max_whisper.decoding.language import detect_language, resolve_language
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult

__all__ = [
    "DecodingOptions",
    "DecodingResult",
    "FallbackOptions",
    "decode",
    "decode_with_fallback",
    "detect_language",
    "is_silence",
    "needs_fallback",
    "resolve_language",
]
