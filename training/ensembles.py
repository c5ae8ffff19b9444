"""Who plays a piece: one to four parts, on instruments of General MIDI."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from mido import MidiFile

from max_whisper.audio.constants import SAMPLE_RATE
from training.midi import DRUM_CHANNEL, Part, midi, strummed
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
from training.waves import pick

Role = Callable[[np.random.Generator, Key, int], Score]

GUITARS = (24, 24, 24, 25, 25, 25, 26, 27, 27, 28, 29, 30)
"""Nylon, steel, jazz, clean, muted, overdriven, distorted."""
BASSES = tuple(range(32, 40))
FAMILIES: dict[tuple[int, ...], float] = {
    GUITARS: 48,
    tuple(range(0, 8)): 9,  # pianos
    tuple(range(8, 16)): 4,  # bells and mallets
    tuple(range(16, 24)): 6,  # organs
    tuple(range(40, 48)): 8,  # strings, a harp
    tuple(range(48, 52)): 6,  # an orchestra
    tuple(range(56, 64)): 6,  # brass
    tuple(range(64, 80)): 9,  # winds
    tuple(range(80, 104)): 4,  # synthesisers
    tuple(range(104, 112)): 6,  # sitar, banjo, koto and others
}
"""Programs, each family with its share; basses and drums have roles of their own."""

KICKS, SNARES = (35, 36, 41, 64), (37, 38, 39, 40, 60)
CYMBALS = (42, 44, 46, 49, 51, 54, 69, 70)

LEADERS: dict[Role, float] = {melody: 30, arpeggio: 35, harmony: 32, rhythm: 3}
FOLLOWERS: tuple[Role, ...] = (melody, arpeggio, harmony, bass, rhythm)
SIZES: dict[int, float] = {1: 50, 2: 25, 3: 15, 4: 10}


def random_piece(random: np.random.Generator, seconds: float) -> MidiFile:
    """A piece of `seconds` in one key; half of them are played by one alone."""
    key = random_key(random)
    roles = [pick(random, tuple(LEADERS), tuple(LEADERS.values()))]
    size = pick(random, tuple(SIZES), tuple(SIZES.values()))
    others = random.permutation(len(FOLLOWERS))[: size - 1]
    roles += [FOLLOWERS[i] for i in others]
    length = round(seconds * SAMPLE_RATE)
    parts = [
        random_part(random, key, role, channel, length)
        for channel, role in enumerate(roles)
    ]
    return midi(random, key, parts, seconds)


def random_part(
    random: np.random.Generator, key: Key, role: Role, channel: int, length: int
) -> Part:
    """An instrument for the role, and a player with habits."""
    score = role(random, key, length)
    if role is rhythm:
        return Part(drummed(random, score), 0, DRUM_CHANNEL, random.uniform(0.3, 1))
    program = int(random.choice(BASSES if role is bass else random_family(random)))
    if role is harmony and program in GUITARS:
        score = strummed(random, key, score)
    return Part(
        score,
        program,
        channel,
        loudness=random.uniform(0.35, 1),
        legato=pick(random, (random.uniform(0.3, 0.9), 1.0, random.uniform(1, 3))),
        late_seconds=pick(random, (0.0, 0.005, 0.015)),
        bends=pick(random, (0.0, 0.0, random.uniform(0.02, 0.3))),
        pedal=pick(random, (0.0, 0.0, random.uniform(0.3, 1))),
    )


def random_family(random: np.random.Generator) -> tuple[int, ...]:
    return pick(random, tuple(FAMILIES), tuple(FAMILIES.values()))


def drummed(random: np.random.Generator, score: Score) -> Score:
    """The three drums of `scores.rhythm` as keys of the drum channel."""
    kit = np.array([random.choice(keys) for keys in (KICKS, SNARES, CYMBALS)])
    return replace(score, pitches=kit[score.pitches])
