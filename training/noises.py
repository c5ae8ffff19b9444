"""Noises: steady ones to lie under speech, and some that come and go.

They are shaped in the frequency domain, so NumPy alone is fast enough to make each
window anew.
"""

from __future__ import annotations

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from training.waves import Sound, curve, log_uniform, partials, pick, unit

LOOP = 2**17
"""In samples: a noise repeats after eight seconds, without a seam."""
LOOP_FREQUENCIES = np.fft.rfftfreq(LOOP, 1 / SAMPLE_RATE).astype(np.float32)


def noise(random: np.random.Generator, length: int, gain: np.ndarray) -> np.ndarray:
    """Noise of unit RMS whose spectrum is `gain`: [LOOP // 2 + 1]."""
    white = random.standard_normal((2, gain.size), dtype=np.float32)
    spectrum = (white[0] + 1j * white[1]) * gain
    return _repeat(random, unit(np.fft.irfft(spectrum, LOOP)), length)


def band(low: float, high: float, slope: float = 4.0) -> np.ndarray:
    """The gain of a band, falling by `slope` powers of frequency beyond its edges."""
    frequencies = LOOP_FREQUENCIES + 1.0
    rise = np.minimum(frequencies / low, 1.0)
    fall = np.minimum(high / frequencies, 1.0)
    return (rise * fall) ** slope


def _repeat(random: np.random.Generator, loop: np.ndarray, length: int) -> np.ndarray:
    start = int(random.integers(LOOP))
    return np.resize(np.roll(loop, start), length)


def _shape(loop: np.ndarray, gain: np.ndarray) -> np.ndarray:
    return np.fft.irfft(np.fft.rfft(loop) * gain, LOOP).astype(np.float32)


def _colored(random: np.random.Generator, length: int) -> np.ndarray:
    slope = random.choice([0.0, 0.5, 1.0, random.uniform(-0.5, 1.3)])
    gain = np.maximum(LOOP_FREQUENCIES, 20.0) ** -slope
    return noise(random, length, gain)


def _banded(random: np.random.Generator, length: int) -> np.ndarray:
    low = log_uniform(random, 30, 4000)
    high = min(low * log_uniform(random, 1.2, 30), 8000)
    return noise(random, length, band(low, high, random.uniform(1, 8)))


def _hum(random: np.random.Generator, length: int) -> np.ndarray:
    mains = random.choice([50.0, 60.0, random.uniform(40, 130)])
    mains *= 1 + random.normal() * 1e-3
    order = np.arange(1, 25)
    amplitudes = random.exponential(size=24) / order ** random.uniform(0.3, 2)
    amplitudes[1::2] *= random.uniform(0.1, 1)
    phases = random.uniform(0, 2 * np.pi, size=(1, 24))
    tone = partials(mains * order[None], 0.0, amplitudes[None], phases, length)[0]
    return unit(tone) + _colored(random, length) * log_uniform(random, 0.01, 1)


def room(random: np.random.Generator, length: int) -> np.ndarray:
    """A low rumble with some hiss, as where nothing happens."""
    low = noise(random, length, band(30, random.uniform(100, 600), 1.0))
    hiss = noise(random, length, band(random.uniform(200, 2000), 8000, 1.0))
    return low + hiss * log_uniform(random, 0.01, 1)


def _fan(random: np.random.Generator, length: int) -> np.ndarray:
    frequencies = np.array([[log_uniform(random, 40, 3000) for _ in range(5)]])
    phases = random.uniform(0, 2 * np.pi, size=(1, 5))
    whine = partials(frequencies, 0.0, random.exponential(size=(1, 5)), phases, length)
    return room(random, length) + whine[0] * np.float32(log_uniform(random, 0.02, 1))


def _modulated(random: np.random.Generator, length: int) -> np.ndarray:
    steady = pick(random, (_colored, _banded, room))(random, length)
    return steady * (0.1 + curve(random, length, log_uniform(random, 0.1, 8)))


STEADY = (_colored, _banded, _hum, room, _fan, _modulated)


def background(random: np.random.Generator, length: int) -> np.ndarray:
    """Noise to lie under speech: float32 [length] at 16 kHz, of unit RMS."""
    sound = pick(random, STEADY)(random, length)
    if random.random() < 0.2:
        other = pick(random, STEADY)(random, length)
        sound = sound + other * np.float32(log_uniform(random, 0.1, 1))
    return unit(sound).astype(np.float32)


def _steps(random: np.random.Generator, length: int) -> np.ndarray:
    """A noise whose level jumps: a door opens, a machine is turned on."""
    count = int(random.integers(2, 9))
    levels = np.array([log_uniform(random, 0.003, 1) for _ in range(count)])
    edges = np.sort(random.integers(0, length, size=count - 1))
    spans = np.diff(np.concatenate([[0], edges, [length]]))
    return background(random, length) * np.repeat(levels, spans)


def _swell(random: np.random.Generator, length: int) -> np.ndarray:
    level = curve(random, length, log_uniform(random, 0.15, 10))
    return background(random, length) * level ** random.choice([1, 2, 4])


def _wind(random: np.random.Generator, length: int) -> np.ndarray:
    track = np.zeros(length, np.float32)
    for _ in range(3):
        center = log_uniform(random, 100, 1500)
        gust = noise(random, length, band(center / 1.3, center * 1.3, 3.0))
        track += gust * curve(random, length, random.uniform(0.4, 4)) ** 2
    return track


def _crackle(random: np.random.Generator, length: int) -> np.ndarray:
    """Rain, fire, or an old record: impulses through a random band."""
    loop = np.zeros(LOOP, np.float32)
    count = int(log_uniform(random, 10, 20000))
    loop[random.integers(0, LOOP, size=count)] = random.standard_normal(count) ** 3
    low = log_uniform(random, 100, 3000)
    drops = unit(_shape(loop, band(low, low * random.uniform(1.5, 8), 2.0)))
    bed = _colored(random, length) * np.float32(log_uniform(random, 0.01, 0.5))
    return _repeat(random, drops, length) + bed


KINDS: dict[Sound, float] = {
    background: 8,
    _steps: 4,
    _swell: 5,
    _wind: 4,
    _crackle: 4,
}
