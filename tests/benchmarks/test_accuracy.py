"""Word errors by utterance, and what counts as a loop."""

from __future__ import annotations

import random

import pytest

from benchmarks.accuracy import align, compare, costs, loops, word_error_rate


def words(text: str) -> list[str]:
    return text.split()


SPOKEN = [
    words("we finally got him"),
    words("to select the one"),
    words("do you"),
]


def test_words_all_right_have_no_errors() -> None:
    found = compare(
        SPOKEN,
        words("we finally got him to select the one do you"),
    )
    assert [u.errors for u in found] == [0, 0, 0]
    assert not any(u.is_spoilt for u in found)


def test_errors_count_for_the_utterance_they_fall_into() -> None:
    found = compare(
        SPOKEN,
        words("we finally got to select the blue one do you"),
    )
    assert [u.errors for u in found] == [1, 1, 0]


def test_a_loop_spoils_its_utterance_alone() -> None:
    heard = "we finally got him to select the one " + "the one " * 6 + "do you"
    found = compare(SPOKEN, heard.split())
    assert [u.loops for u in found] == [False, True, False]
    assert word_error_rate(found, [u.is_spoilt for u in found]) == 0


def test_an_utterance_without_its_words_is_lost() -> None:
    found = compare(SPOKEN, words("we finally got him do you"))
    assert [u.is_lost for u in found] == [False, True, False]


def test_nothing_heard_is_all_lost() -> None:
    assert all(u.is_lost for u in compare(SPOKEN, []))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("no no no", []),
        ("oh no no no no", [1, 2, 3, 4]),
        ("a b a b a b c", []),
        ("a b a b a b a b c", list(range(8))),
    ],
)
def test_four_times_in_a_row_is_a_loop(text: str, places: list[int]) -> None:
    assert sorted(set(loops(text.split()))) == places


def test_costs_are_those_of_the_textbook() -> None:
    chance = random.Random(0)
    for _ in range(20):
        one = chance.choices("abc", k=chance.randrange(8))
        other = chance.choices("abc", k=chance.randrange(8))
        assert costs(one, other)[-1, -1] == edits(one, other)
        pairs = align(one, other)
        assert [i for i, _ in pairs if i is not None] == list(range(len(one)))
        assert [j for _, j in pairs if j is not None] == list(range(len(other)))


def edits(one: list[str], other: list[str]) -> int:
    if not one or not other:
        return len(one) + len(other)
    return min(
        edits(one[1:], other) + 1,
        edits(one, other[1:]) + 1,
        edits(one[1:], other[1:]) + (one[0] != other[0]),
    )
