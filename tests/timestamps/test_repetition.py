"""A phrase that is said again and again is left there once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from max_whisper.timestamps import TimedTokens
from max_whisper.timestamps.repetition import cut_loops, loops

EOT = 50


def test_a_loop_over_segments_is_cut_but_for_its_first_phrase() -> None:
    pieces = [
        TimedTokens((60, 1, 2, 3, 70), 0.0, 1.0),
        TimedTokens((70, 2, 3, 80), 1.0, 2.0),
        TimedTokens((80, 2, 3, 4, 90), 2.0, 3.0),
    ]
    kept, cut = cut_loops(pieces, EOT, 2)
    assert [p.tokens for p in kept] == [(60, 1, 2, 3, 70), (80, 4, 90)]
    assert [p.tokens for p in cut] == [(2, 3), (2, 3)]
    assert [(p.start, p.end) for p in cut] == [(1.0, 2.0), (2.0, 3.0)]


def test_what_is_said_often_enough_but_not_too_often_stays() -> None:
    pieces = [TimedTokens((60, 1, 1, 1, 70), 0.0, 1.0)]
    assert cut_loops(pieces, EOT, 3) == (tuple(pieces), ())
    kept, _ = cut_loops(pieces, EOT, 2)
    assert [p.tokens for p in kept] == [(60, 1, 70)]


@given(
    before=st.lists(st.integers(0, 9), max_size=5),
    phrase=st.lists(st.integers(10, 19), min_size=1, max_size=6, unique=True),
    count=st.integers(1, 9),
    after=st.lists(st.integers(20, 29), max_size=5, unique=True),
    most=st.integers(1, 6),
)
def test_only_what_comes_too_often_is_cut(
    before: list[int], phrase: list[int], count: int, after: list[int], most: int
) -> None:
    tokens = [*range(100, 100 + len(before)), *phrase * count, *after]
    gone = set(loops(tokens, most))
    left = [token for place, token in enumerate(tokens) if place not in gone]
    times = count if count <= most else 1  # an unfinished phrase after them stays
    assert left == [*range(100, 100 + len(before)), *phrase * times, *after]
