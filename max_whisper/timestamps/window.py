"""One window of sound: where it lies in the recording."""

from __future__ import annotations

from dataclasses import dataclass

from max_whisper.audio.constants import HOP_LENGTH, SAMPLE_RATE

FRAMES_PER_POSITION = 2
"""Mel frames in an encoder position: the second convolution strides by two."""


@dataclass(frozen=True, slots=True)
class Window:
    """`size` mel frames of sound from the frame `seek` on.

    Seconds are worked out in the order of openai/whisper, so that they are the same
    floating-point numbers.
    """

    seek: int
    size: int

    @property
    def end(self) -> int:
        """The frame after the window."""
        return self.seek + self.size

    @property
    def start_seconds(self) -> float:
        """Where the window begins in the recording."""
        return self.seek * HOP_LENGTH / SAMPLE_RATE

    @property
    def duration(self) -> float:
        """Seconds of sound in the window."""
        return self.size * HOP_LENGTH / SAMPLE_RATE

    def time(self, position: int) -> float:
        """The time in the recording of a timestamp: the `position`th of the window."""
        return self.start_seconds + seconds(position)


def seconds(positions: int) -> float:
    """How long so many encoder positions last, 20 ms each."""
    return positions * (FRAMES_PER_POSITION * HOP_LENGTH / SAMPLE_RATE)
