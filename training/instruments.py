"""Instruments: MIDI pitches `[notes]` to their sound `[notes, length]`.

A note is a sum of decaying partials, which NumPy alone is fast enough to compute.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from training.waves import cycles, log_uniform, partials

Instrument = Callable[[np.random.Generator, np.ndarray, int], np.ndarray]


def plucked(
    random: np.random.Generator, pitches: np.ndarray, length: int
) -> np.ndarray:
    """A Karplus-Strong string, as the sum of its modes."""
    order = np.arange(1, 33)
    base = _hertz(pitches)[:, None]
    frequencies = base * order * np.sqrt(1 + random.uniform(0, 2e-4) * order**2)
    loss = np.cos(np.minimum(np.pi * frequencies / SAMPLE_RATE, 1.5))
    damping = random.uniform(0.2, 1.5)
    decays = random.uniform(0.5, 5) - damping * base * np.log(loss)
    position = np.abs(np.sin(np.pi * order * random.uniform(0.05, 0.5)))
    amplitudes = position / order ** random.uniform(0.4, 1.6)
    amplitudes = amplitudes * random.uniform(0.3, 1.7, size=frequencies.shape)
    phases = random.uniform(0, 2 * np.pi, size=frequencies.shape)
    amplitudes = amplitudes * _body(random, frequencies)
    return partials(frequencies, decays, amplitudes, phases, length)


def struck(random: np.random.Generator, pitches: np.ndarray, length: int) -> np.ndarray:
    """A piano, a bell, or a marimba: partials that die, the high ones first."""
    order = np.arange(1, 13.0)
    stretch = random.choice([1.0, 1.0, random.uniform(0.9, 1.5)])
    ratios = order**stretch * (1 + random.choice([0.0, 0.1]) * random.random(12))
    frequencies = _hertz(pitches)[:, None] * ratios
    decays = random.uniform(0.5, 8) * (1 + random.uniform(0, 0.5) * (order - 1))
    amplitudes = random.exponential(size=12) / order ** random.uniform(0.5, 2)
    amplitudes = amplitudes * random.uniform(0.5, 1.5, size=frequencies.shape)
    phases = random.uniform(0, 2 * np.pi, size=frequencies.shape)
    return partials(frequencies, decays, amplitudes, phases, length)


def bowed(random: np.random.Generator, pitches: np.ndarray, length: int) -> np.ndarray:
    """A section of strings: several players, none quite in tune with another."""
    players, order = int(random.integers(1, 7)), np.arange(1, 17)
    detune = 2 ** (random.normal(size=(players, 1)) * random.uniform(3, 12) / 1200)
    frequencies = _hertz(pitches)[:, None] * (detune * order).ravel()
    falls = np.tile(1.0 / order ** random.uniform(0.8, 1.6), players)
    amplitudes = falls * _body(random, frequencies)
    phases = random.uniform(0, 2 * np.pi, size=frequencies.shape)
    return partials(frequencies, 0.0, amplitudes, phases, length)


def blown(random: np.random.Generator, pitches: np.ndarray, length: int) -> np.ndarray:
    """A flute, a reed, or the stops of an organ."""
    order = np.array([0.5, 1, 2, 3, 4, 5, 6, 8])
    amplitudes = random.exponential(size=8) / order ** random.uniform(1, 3)
    amplitudes[0] *= random.choice([0.0, 0.3])
    frequencies = _hertz(pitches)[:, None] * order
    phases = random.uniform(0, 2 * np.pi, size=frequencies.shape)
    notes = partials(frequencies, 0.0, amplitudes[None], phases, length)
    breath = random.standard_normal(length, dtype=np.float32)
    return notes + breath * np.float32(log_uniform(random, 1e-3, 0.05))


def drums(random: np.random.Generator, pitches: np.ndarray, length: int) -> np.ndarray:
    """A kick, a snare, and a cymbal, for the pitches 0, 1, and 2."""
    time = np.arange(length, dtype=np.float32) / SAMPLE_RATE
    white = random.standard_normal((2, length), dtype=np.float32)
    fall = random.uniform(50, 200) * np.exp(-time * random.uniform(15, 40))
    kick = np.sin(2 * np.pi * cycles(random.uniform(40, 80) + fall))
    kick = kick * np.exp(-time * random.uniform(6, 25))
    ring = np.sin(2 * np.pi * random.uniform(150, 300) * time)
    snare = (white[0] * 0.5 + ring) * np.exp(-time * random.uniform(12, 35))
    hiss = np.diff(white[1], n=2, append=[0, 0]) * 0.3
    cymbal = hiss * np.exp(-time * random.uniform(10, 80))
    return np.stack([kick, snare, cymbal])[pitches.astype(int)].astype(np.float32)


def _hertz(pitches: np.ndarray) -> np.ndarray:
    return 440.0 * 2.0 ** ((pitches - 69.0) / 12.0)


def _body(random: np.random.Generator, frequencies: np.ndarray) -> np.ndarray:
    """The resonance of a wooden body: a few bumps over the frequencies."""
    octaves = np.log2(np.maximum(frequencies, 20.0))
    gain = np.full(frequencies.shape, 0.25)
    for center in np.log2([log_uniform(random, 90, 5000) for _ in range(5)]):
        gain += random.random() * np.exp(-((octaves - center) ** 2) * 8)
    return gain
