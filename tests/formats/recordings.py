"""Random transcripts for hypothesis, with all that upsets a writer of files."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from max_whisper.transcript import Segment, Transcript, Word

SECONDS = st.floats(0, 20_000).map(lambda seconds: round(seconds, 2))
LETTERS = st.sampled_from([*"ab.é字 \t\n", "-->", "<u>", "&", "🎉", "  ", "\\1"])
TEXTS = st.lists(LETTERS, max_size=8).map("".join)


@st.composite
def words(draw: st.DrawFn) -> Word:
    text = draw(st.sampled_from(["", " ", "  "])) + draw(TEXTS)
    start = draw(st.floats(0, 9).map(lambda seconds: round(seconds, 2)))
    length = draw(st.sampled_from([0.0, 0.1, 0.5, 4.0]))
    return Word(text, start, round(start + length, 2), 0.5)


@st.composite
def segments(draw: st.DrawFn, with_words: bool) -> Segment:
    spoken = tuple(draw(st.lists(words(), max_size=7))) if with_words else None
    text = "".join(word.word for word in spoken) if spoken else draw(TEXTS)
    start, end = sorted((draw(SECONDS), draw(SECONDS)))
    return Segment(0, 0, start, end, text, (1, 2), 0.0, -0.5, 1.2, 0.01, spoken)


@st.composite
def transcripts(draw: st.DrawFn, with_words: bool) -> Transcript:
    parts = tuple(draw(st.lists(segments(with_words), max_size=5)))
    text = "".join(segment.text for segment in parts)
    return Transcript(text, parts, "en", 30.0)


def segment(text: str, start: float, end: float, **more: Any) -> Segment:
    return Segment(0, 0, start, end, text, (), 0.0, -0.5, 1.2, 0.01, **more)


def transcript(*parts: Segment) -> Transcript:
    return Transcript("".join(part.text for part in parts), parts, "en", 30.0)
