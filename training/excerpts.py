"""Excerpts of pieces that were played before, laid somewhere into a window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from training.augment import coloured, echoing
from training.waves import fade, log_uniform

Pieces = Sequence[NDArray[np.int16]]
"""Samples at 16 kHz of each piece."""

SLOWEST, FASTEST = 0.8, 1.25
BLOCK = 256


def heard(random: np.random.Generator, length: int, pieces: Pieces) -> np.ndarray:
    """An excerpt by way of a room and a microphone, each now and then."""
    sound = excerpt(random, length, pieces)
    if random.random() < 0.3:
        sound = coloured(random, sound)
    if random.random() < 0.15:
        sound = echoing(random, sound)
    return sound


def excerpt(random: np.random.Generator, length: int, pieces: Pieces) -> np.ndarray:
    """A window of `length` with a piece in all or a part of it: float32, peak <= 1.

    The piece is played from anywhere, faster or slower, and from its start again.
    """
    window = np.zeros(length, np.float32)
    first, end = part(random, length)
    piece = pieces[random.integers(len(pieces))]
    speed = random.uniform(SLOWEST, FASTEST)
    sound = resampled(piece, random.integers(len(piece)), speed, end - first)
    attack, release = (log_uniform(random, 0.002, 1) for _ in range(2))
    attack, release = round(attack * SAMPLE_RATE), round(release * SAMPLE_RATE)
    window[first:end] = fade(sound, attack, release)
    return window


def part(random: np.random.Generator, length: int) -> tuple[int, int]:
    """Where it begins and ends: most often all of the window."""
    if random.random() < 0.6:
        return 0, length
    first, end = np.sort(random.integers(0, length + 1, size=2))
    return int(first), int(end)


def resampled(
    piece: NDArray[np.int16], first: int, speed: float, count: int
) -> np.ndarray:
    """`count` samples of a piece from `first` on, on lines between its samples.

    A block is made of a whole number of the piece's samples, so that all blocks are
    read at the same places, which is far faster than a place for each sample.
    """
    step = round(speed * BLOCK)
    blocks = count // BLOCK + 1
    source = np.resize(np.roll(piece, -first), blocks * step + 1).astype(np.float32)
    source /= 32768
    places = np.arange(BLOCK) * (step / BLOCK)
    whole = places.astype(int)
    rows = sliding_window_view(source, step + 1)[::step]
    low, high = rows[:, whole], rows[:, whole + 1]
    high -= low
    high *= (places - whole).astype(np.float32)
    return (low + high).ravel()[:count]
