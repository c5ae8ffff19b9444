"""What may happen to speech between a mouth and a file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE

Samples = NDArray[np.float32]


def mouth(
    random: np.random.Generator, samples: Samples, speed: float | None = None
) -> Samples:
    """The same words from a larger or smaller mouth: pitch and speed go together."""
    speed = random.uniform(0.9, 1.12) if speed is None else speed
    count = max(1, round(len(samples) / speed))
    times = np.linspace(0, len(samples) - 1, count)
    bent = np.interp(times, np.arange(len(samples)), samples)
    return np.asarray(bent / max(1e-4, np.abs(bent).max()), np.float32)


def place(
    random: np.random.Generator, samples: Samples, clip: Samples, start: float
) -> None:
    """Add a clip at `start` seconds, as loud as it happens to be; the rest is cut."""
    first = round(start * SAMPLE_RATE)
    gain = 10 ** (random.uniform(-20, -1) / 20)
    room = samples[first : first + len(clip)]
    room += gain * clip[: len(room)]


def disturb(
    random: np.random.Generator,
    samples: Samples,
    background: Callable[[np.random.Generator, int], Samples],
) -> Samples:
    """Colour, echo and noise, each now and then."""
    if random.random() < 0.4:
        samples = coloured(random, samples)
    if random.random() < 0.25:
        samples = echoing(random, samples)
    level = float(np.sqrt(np.mean(samples**2)))
    if random.random() < 0.7:
        ratio = 10 ** (-random.uniform(5, 40) / 20)
        samples = samples + level * ratio * background(random, len(samples))
    loudest = max(1e-6, float(np.abs(samples).max()))
    return np.asarray(samples * (random.uniform(0.05, 1.0) / loudest), np.float32)


def coloured(random: np.random.Generator, samples: Samples) -> Samples:
    """A microphone's tilt: one pole or one zero."""
    amount = random.uniform(-0.6, 0.6)
    tilt = np.zeros(64)
    tilt[:2] = 1, amount
    if random.random() < 0.5:
        tilt = (-amount) ** np.arange(64)
    return convolved(samples, tilt)


def echoing(random: np.random.Generator, samples: Samples) -> Samples:
    """A room: the sound itself, then noise that dies away."""
    length = int(random.uniform(0.05, 0.3) * SAMPLE_RATE)
    tail = random.standard_normal(length) * np.exp(-np.linspace(0, 6, length))
    tail *= random.uniform(0.02, 0.12)
    tail[0] = 1
    return convolved(samples, tail)


def convolved(samples: Samples, response: NDArray[np.float64]) -> Samples:
    """As long as the samples; a power of two makes the transform quick."""
    size = 1 << (len(samples) + len(response)).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.asarray(np.fft.irfft(spectrum, size)[: len(samples)], np.float32)
