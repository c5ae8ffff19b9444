"""How speech is found: the fields of `VadOptions` in faster-whisper, and a detector."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan
from numbers import Integral, Real
from typing import Any

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.errors import OptionError

DETECTOR_NAMES = ("auto", "silero", "energy")
SAMPLES_PER_MS = SAMPLE_RATE // 1000
FRAME_SAMPLES = 512
"""What Silero VAD hears at once."""


def option(default: Any, help: str, **more: Any) -> Any:
    """A dataclass field with its help text."""
    return field(default=default, metadata={"help": help, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class VadOptions:
    """What is speech, and how it is cut. Names and defaults are faster-whisper's.

    Among the keywords of `transcribe` each name begins with `vad_`, and so it does in
    the `OptionError` that is raised for a value out of range.
    """

    detector: str = option(
        "auto",
        "what hears speech: silero (needs the extra vad), energy, or auto: silero if "
        "it is installed",
        choices=DETECTOR_NAMES,
    )
    threshold: float = option(0.5, "probability from which a frame is speech")
    neg_threshold: float | None = option(
        None,
        "probability below which speech ends; threshold - 0.15 if not given",
    )
    min_speech_duration_ms: int = option(0, "speech that is no longer is left out")
    max_speech_duration_s: float = option(
        float("inf"), "longer speech is cut where it pauses longest"
    )
    min_silence_duration_ms: int = option(2000, "silence that is shorter is kept")
    speech_pad_ms: int = option(400, "what is kept before and after speech")

    def __post_init__(self) -> None:
        if self.detector not in DETECTOR_NAMES:
            raise _refused(
                "detector", f"one of {', '.join(DETECTOR_NAMES)}", self.detector
            )
        _check("threshold", self.threshold, Real, 0, 1)
        if self.neg_threshold is not None:
            _check("neg_threshold", self.neg_threshold, Real, 0, self.threshold)
        for name in ("min_speech_duration_ms", "min_silence_duration_ms"):
            _check(name, getattr(self, name), Integral, 0)
        _check("speech_pad_ms", self.speech_pad_ms, Integral, 0)
        # A frame of speech and what is kept around it: nothing shorter can be cut.
        least = (FRAME_SAMPLES + 2 * self.pad_samples) / SAMPLE_RATE
        _check("max_speech_duration_s", self.max_speech_duration_s, Real, least)

    @property
    def silence_threshold(self) -> float:
        """The probability below which speech ends, whether given or not."""
        if self.neg_threshold is not None:
            return self.neg_threshold
        return min(max(self.threshold - 0.15, 0.01), self.threshold)

    @property
    def pad_samples(self) -> int:
        """What is kept on each side of speech, in samples."""
        return self.speech_pad_ms * SAMPLES_PER_MS


def _check(
    name: str, value: object, kind: type, least: float, most: float = float("inf")
) -> None:
    """Raise `OptionError` unless `value` is a number of its kind in the range."""
    wanted = f"{least:g} or more" if most == float("inf") else f"{least:g} to {most:g}"
    if not isinstance(value, kind):
        whole = "a whole number, " if kind is Integral else "a number, "
        raise _refused(name, whole + wanted, value)
    assert isinstance(value, Real)
    if isnan(value) or not least <= float(value) <= most:
        raise _refused(name, wanted, value)


def _refused(name: str, expected: str, found: object) -> OptionError:
    return OptionError(
        f"expected {expected} for vad_{name}, found {found!r}; change vad_{name}"
    )
