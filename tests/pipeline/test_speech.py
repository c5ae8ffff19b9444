"""Segments of joined speech, at the times of the recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from max_whisper.pipeline.speech import in_recording
from max_whisper.transcript import Segment, Word
from max_whisper.vad.segments import Span
from max_whisper.vad.speech_map import SpeechMap

SECOND = 16_000
SPEECH = SpeechMap((Span(5 * SECOND, 8 * SECOND), Span(20 * SECOND, 30 * SECOND)), 0.4)


def segment(start: float, end: float, *words: Word, seek: int = 0) -> Segment:
    return Segment(
        id=0,
        seek=seek,
        start=start,
        end=end,
        text=" one",
        tokens=(1,),
        temperature=0.0,
        avg_logprob=-0.1,
        compression_ratio=1.0,
        no_speech_prob=0.0,
        words=words or None,
    )


def test_segments_are_moved_and_otherwise_the_same() -> None:
    given = [segment(0.4, 2.6), segment(2.6, 6.0, seek=300)]
    first, second = in_recording(given, SPEECH)
    assert (first.start, first.end, first.seek) == (5.4, 7.6, 500)
    assert (second.start, second.end, second.seek) == (20.0, 23.0, 2000)
    assert (first.text, first.tokens, first.words) == (" one", (1,), None)


def test_they_come_one_by_one() -> None:
    def failing() -> Iterator[Segment]:
        yield segment(0.4, 2.6)
        raise AssertionError("nobody has asked for a second one")

    assert next(in_recording(failing(), SPEECH)).start == 5.4


def test_words_stay_whole_and_bound_their_segment() -> None:
    words = Word(" one", 2.0, 3.9, 0.9), Word(" two", 3.9, 5.0, 0.9)
    [found] = in_recording([segment(1.0, 6.0, *words)], SPEECH)
    assert found.words
    times = [(word.start, word.end) for word in found.words]
    assert times == [pytest.approx((7.0, 8.0)), pytest.approx((20.9, 22.0))]
    assert (found.start, found.end) == (7.0, 22.0)


def test_an_empty_segment_stays_without_words() -> None:
    [found] = in_recording([replace(segment(1.0, 1.0), words=())], SPEECH)
    assert found.words == ()
