"""How speech is found: the fields of `VadOptions` in faster-whisper, and a detector."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.option import check_range, check_whole, option, refused

DETECTOR_NAMES = ("auto", "silero", "energy")
SAMPLES_PER_MS = SAMPLE_RATE // 1000
FRAME_SAMPLES = 512
"""What Silero VAD hears at once."""


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
        inf, "longer speech is cut where it pauses longest"
    )
    min_silence_duration_ms: int = option(2000, "silence that is shorter is kept")
    speech_pad_ms: int = option(400, "what is kept before and after speech")

    def __post_init__(self) -> None:
        if self.detector not in DETECTOR_NAMES:
            names = ", ".join(DETECTOR_NAMES)
            raise refused("vad_detector", f"one of {names}", self.detector)
        check_range("vad_threshold", self.threshold, 0, 1)
        if self.neg_threshold is not None:
            check_range("vad_neg_threshold", self.neg_threshold, 0, self.threshold)
        check_whole("vad_min_speech_duration_ms", self.min_speech_duration_ms, 0)
        check_whole("vad_min_silence_duration_ms", self.min_silence_duration_ms, 0)
        check_whole("vad_speech_pad_ms", self.speech_pad_ms, 0)
        # A frame of speech and what is kept around it: nothing shorter can be cut.
        least = (FRAME_SAMPLES + 2 * self.pad_samples) / SAMPLE_RATE
        if self.max_speech_duration_s != inf:
            check_range("vad_max_speech_duration_s", self.max_speech_duration_s, least)

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
