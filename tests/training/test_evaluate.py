from __future__ import annotations

import pytest

from training.evaluate import boundaries, distance, overlap, words
from training.scenes import Spoken

FIRST, SECOND = Spoken(0.5, 1.5, "one"), Spoken(2.5, 4.0, "two three")


def test_words_are_compared_without_case_and_marks() -> None:
    assert words("Twenty-one, at ONE o'clock!") == [
        *("twenty", "one", "at", "one", "o'clock")
    ]
    assert words(" ... ") == []


@pytest.mark.parametrize(
    ("expected", "found", "errors"),
    [
        ("one two three", "one two three", 0),
        ("one two three", "one too three", 1),
        ("one two three", "one three", 1),
        ("one two three", "one two two three", 1),
        ("one two three", "two three one", 2),
        ("one two three", "", 3),
        ("", "one two", 2),
        ("", "", 0),
    ],
)
def test_distance_counts_changed_missing_and_added_words(
    expected: str, found: str, errors: int
) -> None:
    assert distance(expected.split(), found.split()) == errors
    assert distance(found.split(), expected.split()) == errors


def test_overlap_is_negative_where_two_segments_are_apart() -> None:
    assert overlap(FIRST, FIRST) == pytest.approx(1.0)
    assert overlap(FIRST, SECOND) == pytest.approx(-1.0)


def test_a_time_is_good_within_a_fifth_of_a_second() -> None:
    found = [Spoken(0.65, 1.35, ""), Spoken(2.25, 4.1, "")]
    assert list(boundaries([FIRST, SECOND], found)) == [True, True, False, True]


def test_a_segment_is_compared_with_the_one_that_overlaps_most() -> None:
    found = [Spoken(0.5, 2.6, ""), Spoken(2.6, 4.0, "")]
    assert list(boundaries([SECOND], found)) == [True, True]


def test_where_nothing_is_found_both_times_are_wrong() -> None:
    assert list(boundaries([FIRST, SECOND], [])) == [False] * 4
    assert list(boundaries([], [FIRST])) == []
