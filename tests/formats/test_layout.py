from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from max_whisper.errors import OptionError
from max_whisper.formats.layout import SubtitleOptions, subtitles
from max_whisper.transcript import Segment, Transcript, Word
from tests.formats.recordings import segment, transcripts

LIMITS = st.none() | st.integers(1, 12)


def sentence(text: str, start: float = 0.0) -> Segment:
    words = [f" {word}" for word in text.split()]
    timed = tuple(Word(w, start + i, start + i + 1, 1.0) for i, w in enumerate(words))
    return segment("".join(words), start, start + len(words), words=timed)


def texts(segments: Iterable[Segment], **options: Any) -> list[str]:
    laid_out = subtitles(tuple(segments), SubtitleOptions(**options))
    return ["".join(word.word for word in subtitle.words) for subtitle in laid_out]


def test_without_limits_a_subtitle_is_a_segment() -> None:
    assert texts([sentence("one two"), sentence("three", 2)]) == ["one two", "three"]


def test_a_line_breaks_before_it_is_too_wide() -> None:
    assert texts([sentence("ask not what")], max_line_width=8) == ["ask not\nwhat"]


def test_words_are_counted_within_a_segment() -> None:
    spoken = [sentence("a b c"), sentence("d", 3)]
    assert texts(spoken, max_words_per_line=2) == ["a b", "c", "d"]


def test_width_and_count_together_flow_over_segments() -> None:
    spoken = [sentence("ask not"), sentence("what your country", 2)]
    laid_out = texts(spoken, max_line_width=8, max_line_count=2)
    assert laid_out == ["ask not\nwhat", "your\ncountry"]


def test_a_long_pause_ends_a_subtitle_that_flows() -> None:
    spoken = [sentence("so"), sentence("later", 9)]
    assert texts(spoken, max_line_width=80, max_line_count=2) == ["so", "later"]


def test_sentences_run_over_segments_and_end_within_them() -> None:
    spoken = [sentence("Ask not. What your"), sentence("country can do. For", 4)]
    assert texts(spoken, split_sentences=True) == [
        "Ask not.",
        "What your country can do.",
        "For",
    ]


def test_a_sentence_is_broken_by_the_limits() -> None:
    spoken = [sentence("Ask not what. Your"), sentence("country", 4)]
    limits = {"max_line_width": 8, "max_line_count": 1}
    assert texts(spoken, split_sentences=True, **limits) == [
        "Ask not",
        "what.",
        "Your",
        "country",
    ]
    assert texts(spoken, split_sentences=True, max_words_per_line=2) == [
        "Ask not",
        "what.",
        "Your country",
    ]


@given(transcripts(with_words=True), LIMITS, LIMITS, LIMITS, st.booleans())
def test_every_word_is_shown_once_and_in_order(
    spoken: Transcript,
    width: int | None,
    count: int | None,
    group: int | None,
    by_sentences: bool,
) -> None:
    options = SubtitleOptions(
        max_line_width=width,
        max_line_count=count,
        max_words_per_line=group,
        split_sentences=by_sentences,
    )
    shown = [w for s in subtitles(spoken.segments, options) for w in s.words]
    said = [w for s in spoken.segments for w in s.words or ()]
    assert [w.word.strip() for w in shown] == [w.word.strip() for w in said]
    assert [(w.start, w.end) for w in shown] == [(w.start, w.end) for w in said]


@pytest.mark.parametrize("name", ["max_line_width", "max_line_count"])
def test_a_limit_below_one_is_an_error(name: str) -> None:
    with pytest.raises(OptionError, match=rf"1 or more for {name}, found 0"):
        SubtitleOptions(**{name: 0})  # type: ignore[arg-type]
