"""Whether a text will do, or is to be tried again, warmer."""

from __future__ import annotations

from max_whisper.decoding.options import FallbackOptions
from max_whisper.decoding.result import DecodingResult


def needs_fallback(result: DecodingResult, options: FallbackOptions) -> bool:
    """Whether a text repeats itself or is unsure, and is not just silence."""
    unsure = _is_unsure(result, options)
    if unsure and _is_speechless(result, options):
        return False
    ratio = options.compression_ratio_threshold
    return unsure or (ratio is not None and result.compression_ratio > ratio)


def is_silence(result: DecodingResult, options: FallbackOptions) -> bool:
    """Whether to pass a window over: no speech is likely, and its text is unlikely."""
    least = options.logprob_threshold
    is_sure = least is not None and result.avg_logprob > least
    return _is_speechless(result, options) and not is_sure


def _is_unsure(result: DecodingResult, options: FallbackOptions) -> bool:
    least = options.logprob_threshold
    return least is not None and result.avg_logprob < least


def _is_speechless(result: DecodingResult, options: FallbackOptions) -> bool:
    most = options.no_speech_threshold
    return most is not None and result.no_speech_prob > most
