"""When words are said, from what espeak-ng tells of places in a text."""

from __future__ import annotations

import numpy as np
import pytest

from training.espeak import word_starts
from training.voices import Bank


def test_each_word_begins_where_it_is_told() -> None:
    heard = {0: 0.0, 4: 0.3, 8: 0.55}
    assert word_starts("one two three", heard, 1.0) == [0.0, 0.3, 0.55]


def test_words_said_as_one_share_its_time_by_their_letters() -> None:
    heard = {0: 0.0, 4: 0.4, 11: 0.8}
    assert word_starts("out of the way", heard, 1.0) == pytest.approx(
        [0.0, 0.4, 0.4 + 0.4 * 3 / 7, 0.8]
    )


def test_without_any_place_the_letters_decide() -> None:
    assert word_starts("a bcd", {}, 1.0) == pytest.approx([0.0, 0.4])


def test_a_bank_gives_back_each_utterance() -> None:
    bank = Bank(
        ["one", "two three"],
        np.array([2, 5]),
        np.array([16384, 0, 1, 2, -16384], np.int16),
        [np.float32([0.0]), np.float32([0.0, 0.5])],
    )
    text, samples, starts = bank.utterance(1)
    assert (text, starts) == ("two three", [0.0, 0.5])
    np.testing.assert_allclose(samples, [1 / 32768, 2 / 32768, -0.5])
