"""Try again, warmer, when a text repeats itself or the model is unsure of it."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from max_whisper.decoding.checks import check_range, refused
from max_whisper.decoding.decode import decode
from max_whisper.decoding.options import DecodingOptions, option
from max_whisper.decoding.result import DecodingResult
from max_whisper.engine.protocol import AudioFeatures, Engine
from max_whisper.tokenizer import Tokenizer

THRESHOLDS = (
    "compression_ratio_threshold",
    "logprob_threshold",
    "no_speech_threshold",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackOptions:
    """When a text will do, and what to try if it will not.

    A threshold of None is not asked. Raises `OptionError` for values out of range.
    """

    temperature: tuple[float, ...] = option(
        (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
        "temperatures to try in turn until a text passes the thresholds",
    )
    compression_ratio_threshold: float | None = option(
        2.4, "a text that compresses better than this repeats itself: try again"
    )
    logprob_threshold: float | None = option(
        -1.0, "a text with a lower average log probability is unsure: try again"
    )
    no_speech_threshold: float | None = option(
        0.6, "an unsure window with a higher probability of no speech is silence"
    )

    def __post_init__(self) -> None:
        if not self.temperature:
            raise refused("temperature", "one temperature at least", self.temperature)
        for temperature in self.temperature:
            check_range("temperature", temperature, 0)
        for name in THRESHOLDS:
            if not isinstance(getattr(self, name), Real | None):
                raise refused(name, "a number or None", getattr(self, name))


def decode_with_fallback(
    engine: Engine,
    tokenizer: Tokenizer,
    features: AudioFeatures,
    options: DecodingOptions,
    fallback: FallbackOptions,
) -> DecodingResult:
    """Decode one window at each temperature until the text will do, or all are tried.

    `features` holds a single window. `options` may hold a beam size for temperature 0
    and best-of for those above it.
    """
    assert features.batch == 1, "one window at a time can fall back"
    for temperature in fallback.temperature:
        attempt = options.at(temperature)
        [result] = decode(engine, tokenizer, features, attempt)
        if not needs_fallback(result, fallback):
            break
    return result


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
