"""Scores as MIDI, played as people play: early, late, strummed, bent, let ring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from mido import Message, MetaMessage, MidiFile, MidiTrack

from training.scores import Key, Score

TICKS = 480
"""Of a beat."""
DRUM_CHANNEL = 9
PEDAL = 64
"""The controller that lets all strings ring."""
LOWEST, HIGHEST = 24, 96


@dataclass(frozen=True, slots=True)
class Part:
    """What one player plays, on which General MIDI program, and how.

    `program` is of no account to drums. `legato` stretches notes, `late_seconds` is how
    far they stray from the beat, `bends` and `pedal` say how often a note is bent to
    its pitch and a bar left to ring.
    """

    score: Score
    program: int
    channel: int
    loudness: float = 1.0
    legato: float = 1.0
    late_seconds: float = 0.0
    bends: float = 0.0
    pedal: float = 0.0


Timed = tuple[float, Message]
"""A message and the beat at which it is sent."""


def midi(
    random: np.random.Generator, key: Key, parts: Sequence[Part], seconds: float
) -> MidiFile:
    """A file of `seconds`, with a track for each part; later notes are left out."""
    file = MidiFile(ticks_per_beat=TICKS)
    last = seconds / key.beat_seconds
    file.tracks.append(MidiTrack([tempo(key)]))
    for part in parts:
        program = Message("program_change", channel=part.channel, program=part.program)
        messages = [(0.0, program), *notes(random, key, part, last)]
        messages += pedal(random, key, part, last)
        file.tracks.append(track(messages, last))
    return file


def tempo(key: Key) -> MetaMessage:
    return MetaMessage("set_tempo", tempo=round(key.beat_seconds * 1e6))


def notes(
    random: np.random.Generator, key: Key, part: Part, last: float
) -> Iterator[Timed]:
    """Note on, note off, and now and then a bend between them."""
    score = part.score
    stray = np.abs(random.normal(size=score.starts.size)) * part.late_seconds
    starts = score.starts + stray / key.beat_seconds
    ends = np.minimum(starts + score.beats * part.legato, last)
    pitches = in_compass(part)
    velocities = np.clip(score.gains * part.loudness * 127, 1, 127).astype(int)
    for i in np.flatnonzero((starts < last) & (score.gains > 0)):
        note = {"channel": part.channel, "note": int(pitches[i])}
        yield starts[i], Message("note_on", velocity=int(velocities[i]), **note)
        yield ends[i], Message("note_off", **note)
        if random.random() < part.bends:
            yield from bend(random, part.channel, starts[i], ends[i])


def in_compass(part: Part) -> np.ndarray:
    """Pitches that are too high or low, moved by octaves; drums have none."""
    pitches = part.score.pitches
    if part.channel == DRUM_CHANNEL:
        return pitches
    above = np.ceil(np.maximum(pitches - HIGHEST, 0) / 12)
    below = np.ceil(np.maximum(LOWEST - pitches, 0) / 12)
    return pitches + 12 * (below - above).astype(int)


def bend(
    random: np.random.Generator, channel: int, start: float, end: float
) -> Iterator[Timed]:
    """From up to two semitones away to the pitch, within half the note."""
    wheel = int(random.integers(-8191, 8192))
    reached = start + (end - start) * random.uniform(0.05, 0.5)
    for left in np.linspace(1, 0, 8):
        beat = reached - (reached - start) * left
        yield beat, Message("pitchwheel", channel=channel, pitch=int(wheel * left))


def pedal(
    random: np.random.Generator, key: Key, part: Part, last: float
) -> Iterator[Timed]:
    """Down at the start of a bar, up shortly before the next."""
    for bar in np.arange(0, last, key.beats):
        if random.random() < part.pedal:
            down = {"channel": part.channel, "control": PEDAL}
            yield bar, Message("control_change", value=127, **down)
            yield bar + key.beats - 0.1, Message("control_change", value=0, **down)


def track(messages: Sequence[Timed], last: float) -> MidiTrack:
    """In order, each with the ticks since the one before; `last` is the end's beat."""
    timed, now = MidiTrack(), 0
    for beat, message in sorted(messages, key=lambda timed: timed[0]):
        tick = round(min(beat, last) * TICKS)
        timed.append(message.copy(time=tick - now))
        now = tick
    timed.append(MetaMessage("end_of_track", time=round(last * TICKS) - now))
    return timed


def strummed(random: np.random.Generator, key: Key, chords: Score) -> Score:
    """Chords of `scores.harmony` with the strings a little apart, some upwards."""
    # They lie on half beats, their notes less than half a beat apart.
    half = np.floor(chords.starts * 2 + 1e-6)
    _, first, which, count = np.unique(
        half, return_index=True, return_inverse=True, return_counts=True
    )
    string = np.arange(half.size) - first[which]
    is_upwards = (random.random(first.size) < random.choice([0.0, 0.4]))[which]
    string = np.where(is_upwards, count[which] - 1 - string, string)
    apart = random.uniform(0.003, 0.04) / key.beat_seconds
    return replace(chords, starts=half / 2 + string * apart)
