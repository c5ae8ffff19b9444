"""Probabilities to spans. The rows of `test_examples` draw a frame of 32 ms a letter:

`#` is speech, `.` is silence, `?` lies between the two thresholds.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from max_whisper.vad.options import FRAME_SAMPLES, VadOptions
from max_whisper.vad.segments import Span, speech_spans

LEVELS = {"#": 0.9, "?": 0.4, ".": 0.1}
BARE = {"speech_pad_ms": 0, "min_silence_duration_ms": 64}
"""Nothing is kept around speech, and silence counts from the third silent frame on."""


def levels(drawing: str) -> NDArray[np.float32]:
    return np.array([LEVELS[letter] for letter in drawing], np.float32)


def found(drawing: str, **options: Any) -> list[tuple[float, float]]:
    """The spans in frames."""
    size = len(drawing) * FRAME_SAMPLES
    spans = speech_spans(levels(drawing), size, VadOptions(**(BARE | options)))
    return [(s.start / FRAME_SAMPLES, s.end / FRAME_SAMPLES) for s in spans]


@pytest.mark.parametrize(
    ("drawing", "spans"),
    [
        ("", []),
        ("........", []),
        ("????????", []),
        ("########", [(0, 8)]),
        ("..####....", [(2, 6)]),
        ("..####..", [(2, 8)]),  # too short a silence to end it, so it ends with all
        ("..#??#....", [(2, 6)]),
        ("..??##??..", [(4, 10)]),
        ("##..##....", [(0, 6)]),
        ("##...##...", [(0, 2), (5, 7)]),
        ("##..??##...", [(0, 8)]),  # only what is below both thresholds is silence
        ("##..?.##...", [(0, 2), (6, 8)]),
    ],
)
def test_examples(drawing: str, spans: list[tuple[float, float]]) -> None:
    assert found(drawing) == spans


def test_short_speech_is_left_out() -> None:
    drawing = "#....##....###...."
    assert found(drawing, min_speech_duration_ms=64) == [(11, 14)]


def test_what_is_kept_around_speech_ends_with_the_recording() -> None:
    assert found(".####.....", speech_pad_ms=64) == [(0, 7)]
    assert found("....##....###", speech_pad_ms=32) == [(3, 7), (9, 13)]


def test_neighbours_share_the_silence_between_them() -> None:
    assert found("..##....##...", speech_pad_ms=320) == [(0, 6), (6, 13)]


def test_long_speech_is_cut_at_its_longest_pause() -> None:
    drawing = "##....###......###....##"
    options = {"min_silence_duration_ms": 2000, "max_speech_duration_s": 0.64}
    assert found(drawing, **options) == [(0, 9), (15, 24)]


def test_long_speech_without_a_pause_is_cut_anyway() -> None:
    spans = [(1, 5), (5, 9), (9, 10)]
    assert found(".#########....", max_speech_duration_s=0.128) == spans


def test_a_pause_within_a_word_is_none() -> None:
    spans = [(0, 10), (11, 14)]
    options = {"min_silence_duration_ms": 2000, "max_speech_duration_s": 0.32}
    assert found("####..####.###", **options) == spans


def test_samples_of_an_unfinished_frame_count() -> None:
    assert speech_spans(levels("..##"), 1800, VadOptions(**BARE)) == (Span(1024, 1800),)


ANY_OPTIONS = st.builds(
    VadOptions,
    threshold=st.floats(0, 1),
    min_speech_duration_ms=st.integers(0, 300),
    max_speech_duration_s=st.just(float("inf")) | st.floats(1, 5),
    min_silence_duration_ms=st.integers(0, 1000),
    speech_pad_ms=st.integers(0, 480),
)


@st.composite
def probabilities(draw: st.DrawFn) -> NDArray[np.float32]:
    """Some levels, each for a while."""
    runs = draw(st.lists(st.tuples(st.floats(0, 1, width=32), st.integers(1, 60))))
    return np.array([level for level, size in runs for _ in range(size)], np.float32)


@given(probabilities(), ANY_OPTIONS, st.integers(0, FRAME_SAMPLES - 1))
def test_spans_are_apart_in_order_and_no_longer_than_allowed(
    heard: NDArray[np.float32], options: VadOptions, missing: int
) -> None:
    size = max(len(heard) * FRAME_SAMPLES - missing, 0)
    spans = speech_spans(heard, size, options)
    assert all(0 <= span.start < span.end <= size for span in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    longest = options.max_speech_duration_s * 16_000
    assert all(span.size <= longest for span in spans)


@given(probabilities(), ANY_OPTIONS)
def test_all_that_is_speech_is_kept_unless_it_is_short(
    heard: NDArray[np.float32], options: VadOptions
) -> None:
    spans = speech_spans(heard, len(heard) * FRAME_SAMPLES, options)
    kept = np.zeros(len(heard) * FRAME_SAMPLES, np.bool_)
    for span in spans:
        kept[span.start : span.end] = True
    is_speech = heard.astype(np.float64) >= options.threshold
    if options.min_speech_duration_ms == 0:
        assert kept.reshape(-1, FRAME_SAMPLES)[is_speech].all()
    if not is_speech.any():
        assert not spans
