"""What musicians play: a key for all of them, and notes for each part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE

SCALES = (
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 8, 11),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 2, 4, 7, 9),
    (0, 3, 5, 6, 7, 10),
    (0, 2, 4, 6, 8, 10),
)


@dataclass(frozen=True)
class Key:
    """What the parts of a piece share: a scale, a tempo, and a chord for each bar."""

    root: int
    scale: tuple[int, ...]
    beat_seconds: float
    beats: int
    chords: np.ndarray

    def pitch(self, degrees: np.ndarray) -> np.ndarray:
        """MIDI pitches of scale degrees, which may leave the octave."""
        octave, step = np.divmod(degrees, len(self.scale))
        return self.root + 12 * octave + np.array(self.scale)[step]

    def bars(self, length: int) -> int:
        """How many bars begin within `length` samples."""
        return int(length / SAMPLE_RATE / self.beat_seconds / self.beats) + 1


@dataclass(frozen=True)
class Score:
    """Notes to play, each array [notes]; starts and lengths are in beats."""

    starts: np.ndarray
    beats: np.ndarray
    pitches: np.ndarray
    gains: np.ndarray


def random_key(random: np.random.Generator) -> Key:
    """A key of its own for each piece."""
    return Key(
        root=int(random.integers(40, 65)),
        scale=SCALES[int(random.integers(len(SCALES)))],
        beat_seconds=60 / random.uniform(50, 180),
        beats=int(random.choice([2, 3, 4, 4])),
        chords=random.integers(-3, 5, size=int(random.choice([2, 4, 4, 8]))),
    )


def melody(random: np.random.Generator, key: Key, length: int) -> Score:
    """A walk along the scale in mixed rhythms, with rests and phrases that return."""
    values = random.choice([0.25, 0.5, 0.5, 1, 1, 1.5, 2, 3], size=24)
    values = values * random.choice([0.5, 1, 1, 2])
    walk = np.cumsum(random.integers(-2, 3, size=24)) + random.integers(0, 8)
    walk = np.abs((walk + 4) % 28 - 14) - 4  # turn back at the ends of the compass
    phrases = int(length / SAMPLE_RATE / key.beat_seconds / values.sum()) + 1
    beats = np.tile(values, phrases)
    gains = _gains(random, beats.size) * (random.random(beats.size) > 0.12)
    starts = np.cumsum(beats) - beats
    return Score(starts, beats, key.pitch(np.tile(walk, phrases)), gains)


def arpeggio(random: np.random.Generator, key: Key, length: int) -> Score:
    """Chord notes one after another, in one pattern throughout."""
    division = int(random.choice([1, 2, 2, 3, 4]))
    per_bar = key.beats * division
    pattern = random.choice([-7, 0, 2, 4, 7, 9], size=per_bar)
    bars = key.bars(length)
    degrees = np.resize(key.chords, bars)[:, None] + pattern
    count = degrees.size
    starts = np.arange(count) / division
    pitches = key.pitch(degrees.ravel())
    return Score(starts, np.full(count, 1 / division), pitches, _gains(random, count))


def harmony(random: np.random.Generator, key: Key, length: int) -> Score:
    """Whole chords, held for a bar or struck in a rhythm, the notes a little apart."""
    strokes = random.random(key.beats * 2) < random.choice([0.0, 0.3, 0.6])
    strokes[0] = True
    within = np.flatnonzero(strokes) / 2
    voices = np.array([0, 2, 4, 7, 9, 11])[: random.integers(3, 7)]
    bars = key.bars(length)
    bar_starts = np.arange(bars)[:, None, None] * key.beats
    spread = random.uniform(0, 0.08) * np.arange(voices.size)
    starts = bar_starts + within[:, None] + spread
    chords = np.resize(key.chords, bars)[:, None, None]
    degrees = np.broadcast_to(chords + voices, starts.shape)
    beats = np.diff(np.append(within, key.beats))[:, None]
    beats = np.broadcast_to(beats, starts.shape)
    gains = _gains(random, starts.size)
    return Score(starts.ravel(), beats.ravel(), key.pitch(degrees.ravel()), gains)


def bass(random: np.random.Generator, key: Key, length: int) -> Score:
    """A low note on each beat, most often that of the chord."""
    chords = np.resize(key.chords, key.bars(length))[:, None]
    degrees = chords + random.choice([0, 0, 4, 7], size=key.beats)
    count = degrees.size
    pitches = key.pitch(degrees.ravel()) - 12
    return Score(np.arange(count), np.ones(count), pitches, _gains(random, count))


def rhythm(random: np.random.Generator, key: Key, length: int) -> Score:
    """A pattern of one bar for the three drums, in quarters of a beat."""
    slots = key.beats * 4
    chance = random.uniform(0.05, 0.7, size=(3, 1))
    bar = random.random((3, slots)) < chance
    bar[0, 0] = True
    which, slot = np.nonzero(np.tile(bar, key.bars(length)))
    return Score(slot / 4, np.ones(slot.size), which, _gains(random, slot.size))


def _gains(random: np.random.Generator, count: int) -> np.ndarray:
    return random.uniform(0.5, 1, size=count)
