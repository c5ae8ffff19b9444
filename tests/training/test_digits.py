from __future__ import annotations

from itertools import product

import numpy as np

from training.digits import (
    LEFT_OUT,
    WORDS,
    Recording,
    is_left_out,
    is_official_test,
    is_training,
)

SILENCE = np.zeros(1, np.float32)
SPEAKERS = (LEFT_OUT, "nicolas", "theo")
ALL = [
    Recording(word, speaker, index, SILENCE)
    for word, speaker, index in product(WORDS, SPEAKERS, range(50))
]


def test_every_recording_is_in_exactly_one_part() -> None:
    for recording in ALL:
        parts = [
            part(recording) for part in (is_training, is_official_test, is_left_out)
        ]
        assert sum(parts) == 1, recording


def test_one_in_ten_of_those_heard_is_for_the_test() -> None:
    heard = [r for r in ALL if r.speaker != LEFT_OUT]
    assert sum(map(is_official_test, ALL)) == len(heard) / 10
    assert sum(map(is_training, ALL)) == len(heard) * 9 / 10


def test_the_speaker_left_out_is_in_no_other_part() -> None:
    assert {r.speaker for r in ALL if is_left_out(r)} == {LEFT_OUT}
    assert LEFT_OUT not in {r.speaker for r in ALL if is_training(r)}
    assert LEFT_OUT not in {r.speaker for r in ALL if is_official_test(r)}
