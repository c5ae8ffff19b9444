"""What sounds are made of: random values, curves, waves, and ways to join them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE

HIGHEST_PARTIAL = 7600.0

Option = TypeVar("Option")
Sound = Callable[[np.random.Generator, int], np.ndarray]


def log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    """Between two values, with each octave as likely as another."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def pick(
    random: np.random.Generator,
    options: tuple[Option, ...],
    weights: tuple[float, ...] = (),
) -> Option:
    """One of the options, all as likely where there are no weights."""
    shares = np.array(weights) / sum(weights) if weights else None
    return options[int(random.choice(len(options), p=shares))]


def unit(sound: np.ndarray) -> np.ndarray:
    """The sound at an RMS of 1; silence stays silence."""
    rms = float(np.sqrt(np.mean(np.square(sound))))
    return sound / max(rms, 1e-9)


def curve(random: np.random.Generator, length: int, seconds: float) -> np.ndarray:
    """A control that wanders between 0 and 1, with a turn every `seconds`."""
    # A turn is rarely shorter than 20 ms, and lines between 10 ms points are smooth.
    ticks = np.arange(length // 160 + 2) * 0.01 / seconds
    turns = random.random(int(ticks[-1]) + 3)
    whole = ticks.astype(int)
    ease = (1 - np.cos(np.pi * (ticks - whole))) / 2
    points = turns[whole] + (turns[whole + 1] - turns[whole]) * ease
    steps = np.linspace(0, 1, 160, endpoint=False, dtype=np.float32)
    lines = points[:-1, None] + np.diff(points)[:, None] * steps
    return lines.astype(np.float32).ravel()[:length]


def partials(
    frequencies: np.ndarray,
    decays: np.ndarray | float,
    amplitudes: np.ndarray,
    phases: np.ndarray,
    length: int,
) -> np.ndarray:
    """Sum decaying sines: [notes, partials] each, to [notes, length].

    A sine at a block's start times a sine within the block is one matrix product,
    which is far cheaper than a sine for each sample.
    """
    block = int(np.sqrt(length)) + 1
    amplitudes = np.where(frequencies < HIGHEST_PARTIAL, amplitudes, 0.0)
    turn = (2j * np.pi * frequencies - decays) / SAMPLE_RATE
    starts = (amplitudes * np.exp(1j * phases))[..., None] * np.exp(
        turn[..., None] * (np.arange(block) * block)
    )
    within = np.exp(turn[..., None] * np.arange(block))
    left = np.concatenate([starts.real, -starts.imag], axis=1).astype(np.float32)
    right = np.concatenate([within.real, within.imag], axis=1).astype(np.float32)
    sound = left.transpose(0, 2, 1) @ right
    return sound.reshape(len(sound), -1)[:, :length]


def wave(frequency: np.ndarray, harmonics: np.ndarray) -> np.ndarray:
    """A tone of `harmonics` whose frequency changes, in hertz at each sample."""
    size = 2048
    table = np.fft.irfft(np.concatenate([[0], harmonics]), size).astype(np.float32)
    return table[(cycles(frequency) * size).astype(np.int64) % size]


def cycles(frequency: np.ndarray) -> np.ndarray:
    """How often a tone has swung up to each sample."""
    return np.cumsum(frequency / SAMPLE_RATE, dtype=np.float64)


def fade(sound: np.ndarray, attack: int, release: int) -> np.ndarray:
    """A copy that starts and ends in silence; attack and release in samples."""
    faded = sound.copy()
    attack, release = min(attack, sound.size // 2), min(release, sound.size // 2)
    faded[:attack] *= np.linspace(0, 1, attack, dtype=np.float32)
    faded[sound.size - release :] *= np.linspace(1, 0, release, dtype=np.float32)
    return faded


def add(track: np.ndarray, start: int, sound: np.ndarray) -> None:
    """Lay a sound onto the track; what does not fit is cut off."""
    end = min(start + sound.size, track.size)
    if 0 <= start < end:
        track[start:end] += sound[: end - start]


def echo(random: np.random.Generator, track: np.ndarray) -> np.ndarray:
    """The track in a room of a few reflections."""
    wet = track.copy()
    for delay in random.uniform(0.01, 0.25, size=6):
        gain, start = np.float32(0.6 * np.exp(-delay * 10)), int(delay * SAMPLE_RATE)
        add(wet, start, track[:-start] * gain)
    return wet
