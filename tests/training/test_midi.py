from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.scores import Key, Score, harmony

pytest.importorskip("mido", reason="needs mido, which is in .venv-training alone")

from training.ensembles import random_piece
from training.midi import DRUM_CHANNEL, HIGHEST, LOWEST, Part, midi, strummed

KEY = Key(60, (0, 2, 4, 5, 7, 9, 11), beat_seconds=0.5, beats=4, chords=np.array([0]))
TWO = Score(
    starts=np.array([0.0, 2.0]),
    beats=np.array([1.0, 1.0]),
    pitches=np.array([60, 64]),
    gains=np.array([0.5, 1.0]),
)
GUITAR = Part(TWO, program=24, channel=0)
SECONDS = 3.0


def seeded() -> np.random.Generator:
    return np.random.default_rng(0)


def notes(part: Part, seconds: float = SECONDS) -> list[tuple[float, int, int]]:
    """When notes begin, in seconds, with pitch and velocity."""
    now, found = 0.0, []
    for message in midi(seeded(), KEY, [part], seconds):
        now += message.time
        if message.type == "note_on":
            found.append((round(now, 3), message.note, message.velocity))
    return found


def test_notes_are_played_at_their_beats_as_loud_as_they_are() -> None:
    assert notes(GUITAR) == [(0.0, 60, 63), (1.0, 64, 127)]


def test_a_rest_is_not_played() -> None:
    rest = replace(TWO, gains=np.array([0.0, 1.0]))
    assert [pitch for _, pitch, _ in notes(replace(GUITAR, score=rest))] == [64]


def test_notes_after_the_end_are_left_out() -> None:
    assert [pitch for _, pitch, _ in notes(GUITAR, seconds=0.9)] == [60]


def test_pitches_that_nobody_plays_are_moved_by_octaves() -> None:
    wide = replace(TWO, pitches=np.array([HIGHEST + 5, LOWEST - 13]))
    pitches = [pitch for _, pitch, _ in notes(replace(GUITAR, score=wide))]
    assert pitches == [HIGHEST - 7, LOWEST + 11]


def test_a_drum_keeps_its_key() -> None:
    drums = Part(replace(TWO, pitches=np.array([35, 42])), 0, DRUM_CHANNEL)
    assert [pitch for _, pitch, _ in notes(drums)] == [35, 42]


def test_a_bend_ends_at_the_pitch() -> None:
    file = midi(seeded(), KEY, [replace(GUITAR, bends=1.0)], SECONDS)
    wheel = [message.pitch for message in file if message.type == "pitchwheel"]
    assert wheel[0] != 0
    assert wheel[-1] == 0


def test_the_pedal_is_lifted_as_often_as_it_is_pressed() -> None:
    file = midi(seeded(), KEY, [replace(GUITAR, pedal=1.0)], SECONDS)
    pedal = [message.value for message in file if message.type == "control_change"]
    assert pedal == [127, 0] * 2


def test_strings_of_a_chord_are_struck_one_after_another() -> None:
    chords = harmony(seeded(), KEY, 64_000)
    played = strummed(seeded(), KEY, chords)
    np.testing.assert_array_equal(played.pitches, chords.pitches)
    for half in np.unique(np.floor(played.starts * 2)):
        within = np.sort(played.starts[np.floor(played.starts * 2) == half])
        assert len(within) >= 3
        assert (np.diff(within) > 0).all()


@pytest.mark.parametrize("seed", range(20))
def test_a_piece_lasts_as_long_as_asked_and_has_notes(seed: int) -> None:
    piece = random_piece(np.random.default_rng(seed), 5.0)
    assert piece.length == pytest.approx(5.0, abs=0.01)
    assert any(message.type == "note_on" for message in piece)
    again = random_piece(np.random.default_rng(seed), 5.0)
    assert [str(message) for message in piece] == [str(message) for message in again]
