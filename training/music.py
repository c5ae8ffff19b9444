"""Music: one instrument alone, drums, strings, or a small orchestra."""

from __future__ import annotations

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from training.instruments import Instrument, blown, bowed, drums, plucked, struck
from training.noises import band, noise
from training.scores import (
    Key,
    Score,
    arpeggio,
    bass,
    harmony,
    melody,
    random_key,
    rhythm,
)
from training.waves import Sound, add, curve, echo, fade, log_uniform, pick, unit


def _guitar(random: np.random.Generator, length: int) -> np.ndarray:
    return _solo(random, length, plucked)


def _keys(random: np.random.Generator, length: int) -> np.ndarray:
    return _solo(random, length, struck)


def _winds(random: np.random.Generator, length: int) -> np.ndarray:
    return _solo(random, length, blown)


def _drumming(random: np.random.Generator, length: int) -> np.ndarray:
    key = random_key(random)
    score = rhythm(random, key, length)
    return _finish(random, _play(random, drums, score, key, length))


def _strings(random: np.random.Generator, length: int) -> np.ndarray:
    """An orchestra of strings: a line, held chords, or both, and the rub of bows."""
    key, track = random_key(random), np.zeros(length, np.float32)
    parts = pick(random, ((melody,), (harmony,), (melody, harmony)))
    for part in parts:
        track += _play(random, bowed, part(random, key, length), key, length)
    rub = noise(random, length, band(1000, 6000, 1.0))
    track += rub * np.float32(log_uniform(random, 0.003, 0.1))
    return _finish(random, track)


def _orchestra(random: np.random.Generator, length: int) -> np.ndarray:
    """Two to four parts in one key: chords, a bass, a melody, and drums."""
    key, track = random_key(random), np.zeros(length, np.float32)
    for part in (harmony, bass, melody):
        if random.random() < 0.7:
            instrument = pick(random, (plucked, struck, bowed, blown))
            played = _play(random, instrument, part(random, key, length), key, length)
            track += played * np.float32(random.uniform(0.3, 1))
    if random.random() < 0.6 or not track.any():
        beat = _play(random, drums, rhythm(random, key, length), key, length)
        track += beat * np.float32(log_uniform(random, 0.1, 1))
    return _finish(random, track)


def _solo(
    random: np.random.Generator, length: int, instrument: Instrument
) -> np.ndarray:
    key, part = random_key(random), pick(random, (melody, arpeggio, harmony))
    track = _play(random, instrument, part(random, key, length), key, length)
    return _finish(random, track)


def _play(
    random: np.random.Generator,
    instrument: Instrument,
    score: Score,
    key: Key,
    length: int,
) -> np.ndarray:
    """Sound a score: one note for each pitch, laid wherever the pitch occurs."""
    rings = instrument in (plucked, struck, drums)
    longest = min(float(score.beats.max()) * key.beat_seconds, 6.0)
    size = int((2.0 if rings else longest + 0.1) * SAMPLE_RATE)
    pitches, which = np.unique(score.pitches, return_inverse=True)
    detune = random.uniform(-0.5, 0.5) * (instrument is not drums)
    notes = instrument(random, pitches + detune, size)
    attack = 16 if rings else int(log_uniform(random, 0.02, 0.3) * SAMPLE_RATE)
    sizes = (score.beats * key.beat_seconds + 0.1) * SAMPLE_RATE
    late = random.normal(size=which.size) * random.choice([0.0, 0.01])
    starts = (score.starts * key.beat_seconds + np.abs(late)) * SAMPLE_RATE
    track = np.zeros(length, np.float32)
    for index in np.flatnonzero((starts < length) & (score.gains > 0)):
        last = size if rings else min(int(sizes[index]), size)
        note = notes[which[index], :last] * np.float32(score.gains[index])
        add(track, int(starts[index]), fade(note, attack, 1600))
    if not rings and random.random() < 0.7:
        track = _warp(random, track)
    return unit(track)


def _warp(random: np.random.Generator, track: np.ndarray) -> np.ndarray:
    """Vibrato: read the track a little early and late, in a wandering sway."""
    rate, cents = random.uniform(4, 7), random.uniform(5, 60)
    depth = (2 ** (cents / 1200) - 1) / (2 * np.pi * rate) * SAMPLE_RATE
    time = np.arange(track.size, dtype=np.float32) / SAMPLE_RATE
    sway = np.sin(time * np.float32(2 * np.pi * rate))
    sway *= depth * curve(random, track.size, 0.7)
    whole = np.floor(sway)
    position = np.arange(track.size) + whole.astype(np.int64)
    here = np.take(track, position, mode="clip")
    following = np.take(track, position + 1, mode="clip")
    return here + (following - here) * (sway - whole)


def _finish(random: np.random.Generator, track: np.ndarray) -> np.ndarray:
    """Give a piece its room and its crescendos, each only sometimes."""
    if random.random() < 0.6:
        track = echo(random, track)
    if random.random() < 0.4:
        level = curve(random, track.size, random.uniform(2, 12))
        track = track * (0.15 + level)
    return track


KINDS: dict[Sound, float] = {
    _guitar: 30,
    _keys: 6,
    _winds: 5,
    _drumming: 4,
    _strings: 10,
    _orchestra: 8,
}
