"""What else is heard in and around a house: knocks, machines, and birds."""

from __future__ import annotations

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from training.noises import band, noise, room
from training.waves import (
    Sound,
    add,
    curve,
    echo,
    fade,
    log_uniform,
    partials,
    unit,
    wave,
)

TOUCH_TONES = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0)


def _knocks(random: np.random.Generator, length: int) -> np.ndarray:
    """Clicks, knocks, footsteps: struck bodies, even or at random."""
    low = log_uniform(random, 40, 3000)
    hits = _hits(random, low, low * random.uniform(1.5, 6))
    scuff = random.standard_normal((6, SAMPLE_RATE // 2), dtype=np.float32)
    time = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    scuff *= np.exp(-time * random.uniform(20, 200))
    hits = hits + scuff * np.float32(random.choice([0.0, random.random()]))
    track = np.zeros(length, np.float32)
    for start in _times(random, length, log_uniform(random, 0.08, 4)):
        hit = hits[random.integers(6)] * np.float32(random.uniform(0.3, 1))
        add(track, int(start), fade(hit, 8, 800))
    return track


def _hits(random: np.random.Generator, low: float, high: float) -> np.ndarray:
    """Six knocks on one body: [6, samples]."""
    modes = np.exp(random.uniform(np.log(low), np.log(high), size=(1, 8)))
    modes = modes * random.uniform(0.97, 1.03, size=(6, 8))
    decays = log_uniform(random, 8, 120) * (0.5 + random.random((6, 8)))
    amplitudes = random.exponential(size=(6, 8))
    phases = random.uniform(0, 2 * np.pi, size=(6, 8))
    return partials(modes, decays, amplitudes, phases, SAMPLE_RATE // 2)


def _times(random: np.random.Generator, length: int, seconds: float) -> np.ndarray:
    """Starts, in samples, of events `seconds` apart: even, uneven, or at random."""
    count = int(length / SAMPLE_RATE / seconds) + 2
    uneven = random.choice([0.0, 0.05, 0.3, 1.0])
    gaps = 1 - uneven + uneven * random.exponential(size=count)
    passed = random.uniform(0, seconds * SAMPLE_RATE)
    starts = np.cumsum(gaps * seconds * SAMPLE_RATE) - passed
    return starts[(starts >= 0) & (starts < length)].astype(int)


def _engine(random: np.random.Generator, length: int) -> np.ndarray:
    base, change = log_uniform(random, 20, 200), random.uniform(0, 1.5)
    frequency = base * (1 + change * curve(random, length, random.uniform(0.5, 8)))
    order = np.arange(1, 41)
    harmonics = random.exponential(size=40) / order ** random.uniform(0.3, 1.5)
    harmonics = harmonics * np.exp(1j * random.uniform(0, 2 * np.pi, size=40))
    rumble = room(random, length) * np.float32(log_uniform(random, 0.02, 1))
    return unit(wave(frequency, harmonics)) + rumble


def _siren(random: np.random.Generator, length: int) -> np.ndarray:
    time = np.arange(length) / SAMPLE_RATE * log_uniform(random, 0.1, 6)
    sway = random.choice([0, 1, 2])
    if sway == 0:
        height = (1 + np.sin(2 * np.pi * time)) / 2
    elif sway == 1:
        height = np.abs(2 * (time % 1) - 1)
    else:
        height = np.where(time % 1 < 0.5, 0.0, 1.0)
    low = log_uniform(random, 300, 1500)
    harmonics = random.exponential(size=4) / np.arange(1, 5) ** 2
    return wave(low * (1 + random.uniform(0.1, 1) * height), harmonics)


def _beeps(random: np.random.Generator, length: int) -> np.ndarray:
    tones = _beep_tones(random)
    gap = log_uniform(random, 0.12, 5)
    lasts = int(gap * random.uniform(0.15, 0.9) * SAMPLE_RATE)
    phases = random.uniform(0, 6.28, size=tones.shape)
    notes = partials(tones, random.choice([0.0, 5.0]), np.ones(2), phases, lasts)
    changes = random.random() < 0.6
    track = np.zeros(length, np.float32)
    for start in _times(random, length, gap):
        which = random.integers(len(notes)) if changes else 0
        add(track, int(start), fade(notes[which], 40, 80))
    return track


def _beep_tones(random: np.random.Generator) -> np.ndarray:
    """Frequencies of a device's beeps: [tones, 2]."""
    if random.random() < 0.3:
        low, high = TOUCH_TONES
        return np.array([[a, b] for a in low for b in high])
    tones = np.exp(random.uniform(np.log(250), np.log(4500), size=(3, 1)))
    return tones * np.array([[1.0, random.choice([1.0, 1.09, 1.5, 2.0, 3.0])]])


def _birds(random: np.random.Generator, length: int) -> np.ndarray:
    track = np.zeros(length, np.float32)
    for _ in range(random.integers(1, 5)):
        low = log_uniform(random, 1500, 4000)
        high = min(low * random.uniform(1.1, 2.5), 7000)
        motifs = [_motif(random, low, high) for _ in range(random.integers(1, 4))]
        loudness = log_uniform(random, 0.1, 1)
        for start in _times(random, length, log_uniform(random, 0.6, 6)):
            song = motifs[random.integers(len(motifs))]
            add(track, int(start), song * np.float32(loudness * random.uniform(0.5, 1)))
    return echo(random, track) if random.random() < 0.5 else track


def _motif(random: np.random.Generator, low: float, high: float) -> np.ndarray:
    """Some syllables in a row, the last of them perhaps repeated."""
    syllables = [_chirp(random, low, high) for _ in range(random.integers(1, 6))]
    syllables += [syllables[-1]] * int(random.choice([0, 0, random.integers(1, 10)]))
    pause = np.zeros(int(random.uniform(0.01, 0.15) * SAMPLE_RATE), np.float32)
    return np.concatenate([part for one in syllables for part in (one, pause)])


def _chirp(random: np.random.Generator, low: float, high: float) -> np.ndarray:
    """One syllable of a bird: a sweep, with a trill on some."""
    size = int(log_uniform(random, 0.02, 0.5) * SAMPLE_RATE)
    time = np.linspace(0, 1, size)
    first, middle, last = np.exp(random.uniform(np.log(low), np.log(high), size=3))
    sweep = first * (1 - time) ** 2 + 2 * middle * time * (1 - time) + last * time**2
    trill = random.choice([0.0, 0.0, random.uniform(0.02, 0.2)])
    speed = random.uniform(15, 60) * size / SAMPLE_RATE
    sweep = sweep * (1 + trill * np.sin(2 * np.pi * speed * time))
    harmonics = np.array([1.0, random.uniform(0, 0.3), random.uniform(0, 0.1)])
    swell = np.sin(np.pi * time ** random.uniform(0.5, 2)).astype(np.float32)
    return wave(sweep, harmonics) * swell


def _whistle(random: np.random.Generator, length: int) -> np.ndarray:
    """Slow gliding whistles, with pauses."""
    low = log_uniform(random, 500, 3000)
    glide = curve(random, length, random.uniform(0.2, 1.5))
    frequency = low * (1 + random.uniform(0.1, 1.2) * glide)
    level = np.maximum(curve(random, length, random.uniform(0.2, 1)) - 0.35, 0)
    harmonics = np.array([1.0, random.uniform(0, 0.2)])
    breath = noise(random, length, band(low, low * 2, 2.0)) * np.float32(0.05)
    return (unit(wave(frequency, harmonics)) + breath) * level


KINDS: dict[Sound, float] = {
    _knocks: 7,
    _engine: 4,
    _siren: 3,
    _beeps: 5,
    _birds: 9,
    _whistle: 4,
}
