from __future__ import annotations

import pytest

from max_whisper.timestamps import Cut, Window, split_segments
from tests.fakes import FakeTokenizer

TOKENIZER = FakeTokenizer()
WINDOW = Window(seek=1000, size=3000)


def cut(*parts: str | float, window: Window = WINDOW, keeps: bool = False) -> Cut:
    tokens = TOKENIZER.spell(*parts)
    begin = TOKENIZER.timestamp_begin
    return split_segments(tokens, begin, window, keep_first_timestamp=keeps)


def spans(found: Cut) -> list[tuple[str, float, float]]:
    return [
        (TOKENIZER.decode(s.tokens), pytest.approx(s.start), pytest.approx(s.end))
        for s in found.segments
    ]


def test_pairs_of_times_cut_and_the_unfinished_rest_is_heard_again() -> None:
    found = cut(0.0, " one", 1.5, 1.5, " two", 4.0, 4.0, " three")
    assert spans(found) == [(" one", 10.0, 11.5), (" two", 11.5, 14.0)]
    assert found.seek == 1400
    assert not found.single_timestamp_ending


def test_a_single_time_at_the_end_finishes_the_window() -> None:
    found = cut(0.0, " one", 1.5, 1.5, " two", 4.0)
    assert spans(found) == [(" one", 10.0, 11.5), (" two", 11.5, 14.0)]
    assert found.seek == 4000
    assert found.single_timestamp_ending


def test_without_pairs_the_window_is_one_segment_to_its_last_time() -> None:
    assert spans(cut(0.4, " one", 2.0)) == [(" one", 10.0, 12.0)]
    assert cut(0.4, " one", 2.0).seek == 4000


def test_the_first_time_is_kept_if_asked_for() -> None:
    assert spans(cut(0.4, " one", 2.0, keeps=True)) == [(" one", 10.4, 12.0)]
    assert cut(0.4, " one", 2.0, keeps=True).seek == 4000


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (" one",),
        (" one", 2.0),
        (0.4, " one"),
        (0.0, " one", 1.5, 1.5, " two", 4.0),
        (0.4, " one", 1.5, 1.5, " two"),
    ],
)
def test_other_windows_are_cut_the_same_with_their_first_time(
    parts: tuple[str | float, ...],
) -> None:
    assert cut(*parts, keeps=True) == cut(*parts)


@pytest.mark.parametrize("parts", [(" one",), (0.0, " one"), ()])
def test_without_a_later_time_a_segment_lasts_as_long_as_the_window(
    parts: tuple[str | float, ...],
) -> None:
    found = cut(*parts, window=Window(seek=300, size=250))
    assert [(s.start, s.end) for s in found.segments] == [(3.0, 5.5)]
    assert found.seek == 550


def test_pairs_at_the_end_lead_to_the_next_window() -> None:
    found = cut(0.0, " one", 3.0, 3.0)
    assert spans(found) == [(" one", 10.0, 13.0)]
    assert found.seek == 1300


def test_a_window_in_which_no_time_passes_is_not_heard_again() -> None:
    assert cut(0.0, 0.0, " one").seek == WINDOW.end


def test_seconds_are_added_in_the_order_of_openai() -> None:
    found = cut(0.0, " one", 1.14, 1.14, " two", window=Window(seek=77, size=3000))
    assert found.segments[0].end == 77 * 160 / 16000 + 57 * (2 * 160 / 16000)
