"""Odd segments between silences."""

from __future__ import annotations

from max_whisper.pipeline.silence import Surroundings, is_odd, skip_silence, speech_end
from max_whisper.timestamps import Cut, TimedTokens, Window
from max_whisper.transcript import Word


def said(start: float, end: float, probability: float = 0.9) -> TimedTokens:
    """Four words that share the time evenly."""
    step = (end - start) / 4
    words = tuple(
        Word(" word", start + i * step, start + (i + 1) * step, probability)
        for i in range(4)
    )
    return TimedTokens((1, 2, 3, 4), start, end, words)


def skipped(*segments: TimedTokens, last_speech_end: float = 0.0) -> Cut:
    cut = Cut(segments, 3000, single_timestamp_ending=True)
    sound = Surroundings(Window(0, 3000), 3000, 9000)
    return skip_silence(cut, sound, threshold=2.0, last_speech_end=last_speech_end)


def test_improbable_hurried_and_endless_words_are_odd() -> None:
    assert not is_odd(said(0, 2))
    assert is_odd(said(0, 2, probability=0.1))
    assert is_odd(said(0, 0.1))
    assert is_odd(said(0, 40))
    assert not is_odd(None)
    assert not is_odd(TimedTokens((), 0, 1, ()))


def test_odd_words_after_silence_are_heard_again_without_it() -> None:
    cut = skipped(said(5, 7, probability=0.1), said(8, 10))
    assert cut.is_skipped
    assert cut.segments == ()
    assert cut.seek == 500


def test_odd_words_between_silences_are_taken_back() -> None:
    first, odd = said(1, 3), said(10, 12, probability=0.1)
    cut = skipped(first, odd, said(20, 22))
    assert not cut.is_skipped
    assert cut.segments == (first,)
    assert cut.seek == 1000


def test_odd_words_within_speech_stay() -> None:
    segments = said(1, 3), said(3.1, 5, probability=0.1), said(5.1, 8)
    assert skipped(*segments).segments == segments


def test_speech_ends_with_the_last_word() -> None:
    assert speech_end([said(1, 3), TimedTokens((), 3, 5, ())]) == 3
    assert speech_end([TimedTokens((), 3, 5, ())]) == 5
    assert speech_end([]) is None
