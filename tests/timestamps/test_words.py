"""Words and the corrections of their times."""

from __future__ import annotations

import pytest

from max_whisper.timestamps import TimedTokens
from max_whisper.timestamps.alignment import WordTiming
from max_whisper.timestamps.words import (
    Before,
    Punctuation,
    add_words,
    merge_punctuations,
)

MARKS = Punctuation("\"'“¿([{-", "\"'.。,，!！?？:：”)]}、")
EOT = 1000


def timings(*words: tuple[str, float, float]) -> list[WordTiming]:
    """Words of one token each, numbered from 0."""
    return [
        WordTiming(word, (i,), start, end, 0.9)
        for i, (word, start, end) in enumerate(words)
    ]


def timed(
    pieces: list[TimedTokens],
    words: list[WordTiming],
    offset: float = 0.0,
    last_speech_end: float = 0.0,
) -> list[TimedTokens]:
    return list(add_words(pieces, words, Before(offset, last_speech_end), MARKS, EOT))


def test_marks_join_the_words_that_they_belong_to() -> None:
    said = timings(
        *[(" “", 0, 0.1), (" One", 0.1, 0.5), (",", 0.5, 0.6)],
        *[(" two", 0.6, 1), ("!", 1, 1.1), ("”", 1.1, 1.2)],
    )
    merged = [t for t in merge_punctuations(said, MARKS) if t.word]
    assert [t.word for t in merged] == [" “ One,", " two!”"]
    assert [t.tokens for t in merged] == [(0, 1, 2), (3, 4, 5)]
    assert [(t.start, t.end) for t in merged] == [(0.1, 0.5), (0.6, 1)]


def test_each_segment_gets_the_words_of_its_tokens_and_their_times() -> None:
    pieces = [
        TimedTokens((EOT + 5, 0, 1, EOT + 9), 10.0, 11.0),
        TimedTokens((EOT + 9, 2, EOT + 12), 11.0, 12.0),
    ]
    said = timings((" one", 0.2, 0.5), (" two", 0.5, 0.9), (" three", 1.1, 1.4))
    first, second = timed(pieces, said, offset=10.0, last_speech_end=10.0)
    assert [(w.word, w.start, w.end) for w in first.words or ()] == [
        (" one", 10.2, 10.5),
        (" two", 10.5, 10.9),
    ]
    assert [w.word for w in second.words or ()] == [" three"]
    assert (first.start, first.end) == (10.2, 10.9)
    assert (second.start, second.end) == (11.1, 11.4)


def test_a_segment_without_text_has_no_words_and_keeps_its_times() -> None:
    [piece] = timed([TimedTokens((EOT + 1, EOT + 2), 3.0, 4.0)], [])
    assert piece.words == ()
    assert (piece.start, piece.end) == (3.0, 4.0)


def test_a_long_first_word_after_a_pause_is_cut_at_its_beginning() -> None:
    piece = TimedTokens((0, 1, 2), 0.0, 6.0)
    said = timings((" one", 0.0, 5.0), (" two", 5.0, 5.4), (" three", 5.4, 5.8))
    [found] = timed([piece], said)
    assert found.words is not None
    assert found.words[0].start == pytest.approx(5.0 - 2 * 0.4)
    assert found.start == found.words[0].start


def test_a_long_word_at_the_end_of_a_sentence_is_cut() -> None:
    piece = TimedTokens((0, 1, 2, 3), 0.0, 9.0)
    said = timings(
        (" one", 0.0, 0.4), (" two", 0.4, 0.8), (".", 0.8, 5.0), (" three", 5.0, 9.0)
    )
    [found] = timed([piece], said)
    assert found.words is not None
    assert [w.word for w in found.words] == [" one", " two.", " three"]
    assert found.words[2].start == pytest.approx(9.0 - 1.4)


def test_a_last_word_that_leaves_its_segment_ends_with_it() -> None:
    piece = TimedTokens((0, 1), 0.0, 1.0)
    [found] = timed([piece], timings((" one", 0.0, 0.4), (" two", 0.4, 2.0)))
    assert found.words is not None
    assert found.words[-1].end == pytest.approx(1.1)  # the median beyond its start
    assert found.end == 1.0
