"""Windows without speech, which teach a model to write nothing when nobody speaks."""

from __future__ import annotations

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from training import noises, surroundings
from training.excerpts import Pieces, heard
from training.noises import background
from training.waves import Sound, fade, log_uniform, pick, unit

__all__ = ["background", "no_speech"]

PLAYED_SHARE = 0.5
"""Of the windows: music, where there is any."""


def no_speech(
    random: np.random.Generator, length: int, music: Pieces = ()
) -> np.ndarray:
    """A whole window in which nobody speaks: float32 [length] at 16 kHz, peak <= 0.9.

    It may be digital silence, and may be as quiet as a peak of 1e-4.
    """
    if music and random.random() < PLAYED_SHARE:
        sound = unit(heard(random, length, music))
    else:
        sound = _made(random, length)
    if random.random() < 0.4 and sound.any():
        sound = sound + background(random, length) * log_uniform(random, 1e-3, 0.2)
    loudest = float(np.abs(sound).max(initial=0.0))
    return (sound * (_peak(random) / max(loudest, 1e-9))).astype(np.float32)


def _made(random: np.random.Generator, length: int) -> np.ndarray:
    """One kind or two, in all or a part of the window."""
    sound = unit(_kind(random, length))
    if random.random() < 0.2:
        other = unit(_kind(random, length))
        sound = sound + other * np.float32(log_uniform(random, 0.1, 1))
    return _excerpt(random, sound) if random.random() < 0.2 else sound


def _kind(random: np.random.Generator, length: int) -> np.ndarray:
    return pick(random, tuple(KINDS), tuple(KINDS.values()))(random, length)


def _silence(random: np.random.Generator, length: int) -> np.ndarray:
    return np.zeros(length, np.float32)


def _excerpt(random: np.random.Generator, sound: np.ndarray) -> np.ndarray:
    """Keep a part of the window, so that sound may begin and end anywhere in it."""
    start, end = np.sort(random.integers(0, sound.size, size=2))
    part = np.zeros_like(sound)
    lasts = int(log_uniform(random, 0.002, 2) * SAMPLE_RATE)
    part[start:end] = fade(sound[start:end], lasts, lasts)
    return part


def _peak(random: np.random.Generator) -> float:
    quiet = random.random() < 0.15
    return log_uniform(random, 1e-4, 0.02) if quiet else log_uniform(random, 0.02, 0.9)


KINDS: dict[Sound, float] = {
    _silence: 3,
    **noises.KINDS,
    **surroundings.KINDS,
}
"""All that is not music, each with its share."""
