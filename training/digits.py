"""Digits spoken by people: the Free Spoken Digit Dataset (CC BY-SA 4.0).

https://github.com/Jakobovski/free-spoken-digit-dataset: `{digit}_{speaker}_{index}.wav`
at 8 kHz. Indices 0 to 4 are its official test part.

Some recordings begin and end with up to 0.9 s of silence, and a word's time is that of
its sound, so silence at both ends is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio

WORDS = (
    *("zero", "one", "two", "three", "four"),
    *("five", "six", "seven", "eight", "nine"),
)
OFFICIAL_TEST = range(5)
LEFT_OUT = "jackson"
"""Never heard in training; chosen before the first training, not by its figures."""
SILENCE = 0.03
"""Of the loudest 5 ms of a recording."""
MARGIN = SAMPLE_RATE // 50


@dataclass(frozen=True, slots=True)
class Recording:
    """One word by one speaker, 16 kHz mono."""

    word: str
    speaker: str
    index: int
    samples: NDArray[np.float32] = field(repr=False)


def recordings(folder: Path) -> Iterator[Recording]:
    """All of them, in the order of their names."""
    for path in sorted(folder.glob("*_*_*.wav")):
        digit, speaker, index = path.stem.split("_")
        sound = without_silence(load_audio(path))
        yield Recording(WORDS[int(digit)], speaker, int(index), sound)


def without_silence(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """From the first sound to the last, and 20 ms at both ends."""
    step = SAMPLE_RATE // 200
    power = np.mean(samples[: len(samples) // step * step].reshape(-1, step) ** 2, 1)
    loud = np.flatnonzero(power > SILENCE**2 * power.max()) * step
    return samples[max(0, loud[0] - MARGIN) : loud[-1] + step + MARGIN]


def is_training(recording: Recording) -> bool:
    """Neither an official test recording nor the speaker left out."""
    return recording.index not in OFFICIAL_TEST and recording.speaker != LEFT_OUT


def is_official_test(recording: Recording) -> bool:
    """The official test part of the speakers who were heard in training."""
    return recording.index in OFFICIAL_TEST and recording.speaker != LEFT_OUT


def is_left_out(recording: Recording) -> bool:
    """All of the speaker who was never heard."""
    return recording.speaker == LEFT_OUT
