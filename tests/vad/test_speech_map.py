"""Times of joined speech and times of the recording."""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.vad.segments import Span
from max_whisper.vad.speech_map import SpeechMap

SECOND = SAMPLE_RATE
MAP = SpeechMap((Span(5 * SECOND, 8 * SECOND), Span(20 * SECOND, 30 * SECOND)), 0.4)
"""3 s of speech and 10 s, of which 0.4 s at each end are silent."""


@st.composite
def maps(draw: st.DrawFn) -> SpeechMap:
    gaps = draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
    sizes = [draw(st.integers(1, 10**6)) for _ in gaps]
    ends = accumulate(gap + size for gap, size in zip(gaps, sizes, strict=True))
    spans = [Span(e - s, e) for e, s in zip(ends, sizes, strict=True)]
    return SpeechMap.of(spans, draw(st.floats(0, 1)))


def joined_bounds(speech: SpeechMap) -> list[float]:
    sizes = (span.size for span in speech.spans)
    return [sample / SAMPLE_RATE for sample in accumulate(sizes, initial=0)]


def test_joins_what_is_spoken() -> None:
    samples = np.arange(10, dtype=np.float32)
    speech = SpeechMap((Span(1, 3), Span(7, 10)))
    assert speech.join(samples).tolist() == [1, 2, 7, 8, 9]
    assert speech.duration == 5 / SAMPLE_RATE
    assert SpeechMap(()).join(samples).shape == (0,)
    assert SpeechMap(()).duration == 0


def test_spans_that_touch_are_one() -> None:
    assert SpeechMap.of([Span(0, 3), Span(3, 5), Span(6, 7)], 0).spans == (
        Span(0, 5),
        Span(6, 7),
    )


@pytest.mark.parametrize(
    ("joined", "start", "end"),
    [(0.0, 5.0, 5.0), (1.0, 6.0, 6.0), (3.0, 20.0, 8.0), (4.0, 21.0, 21.0)],
)
def test_a_time_is_found_again(joined: float, start: float, end: float) -> None:
    assert MAP.seconds(joined) == start
    assert MAP.seconds(joined, is_end=True) == end


def test_times_do_not_leave_the_speech() -> None:
    assert MAP.seconds(99.0) == 30.0


@given(maps())
def test_spans_map_back_exactly(speech: SpeechMap) -> None:
    bounds = joined_bounds(speech)
    for span, start, end in zip(speech.spans, bounds, bounds[1:], strict=False):
        assert speech.seconds(start) == span.start / SAMPLE_RATE
        assert speech.seconds(end, is_end=True) == span.end / SAMPLE_RATE


@given(maps(), st.lists(st.floats(0, 1000), min_size=2))
def test_later_stays_later(speech: SpeechMap, times: list[float]) -> None:
    for is_end in (False, True):
        found = [speech.seconds(time, is_end=is_end) for time in sorted(times)]
        assert found == sorted(found)
    assert all(speech.seconds(t, is_end=True) <= speech.seconds(t) for t in times)


@given(maps(), st.lists(st.floats(0, 1000), min_size=3), st.sampled_from([None, inf]))
def test_intervals_stay_in_order(
    speech: SpeechMap, times: list[float], pad: float | None
) -> None:
    times = sorted(times)
    found = [speech.interval(start, end, pad) for start, end in pairwise(times)]
    flat = [time for interval in found for time in interval]
    assert flat == sorted(flat)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ((0.4, 2.6), (5.4, 7.6)),
        ((2.7, 6.0), (20.0, 23.0)),  # it begins in the silence before the cut
        ((1.0, 3.3), (6.0, 8.0)),  # it ends in the silence after the cut
        ((1.0, 6.0), (6.0, 23.0)),  # it goes on after the cut
        ((2.8, 2.9), (7.8, 7.9)),
        ((2.9, 3.1), (20.0, 20.1)),
        ((3.0, 3.0), (20.0, 20.0)),
    ],
)
def test_what_is_said_near_a_cut(
    given: tuple[float, float], found: tuple[float, float]
) -> None:
    assert MAP.interval(*given) == pytest.approx(found)


@pytest.mark.parametrize(
    ("given", "found"), [((2.0, 3.9), (7.0, 8.0)), ((2.2, 4.0), (20.0, 21.0))]
)
def test_a_word_is_not_parted(
    given: tuple[float, float], found: tuple[float, float]
) -> None:
    assert MAP.interval(*given, inf) == pytest.approx(found)
