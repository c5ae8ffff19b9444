"""Words for segments, with openai/whisper's corrections of what the alignment says.

As `add_word_timestamps` and `merge_punctuations` there, step by step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from max_whisper.timestamps.alignment import WordTiming
from max_whisper.timestamps.segments import TimedTokens
from max_whisper.transcript import Word

SENTENCE_END_MARKS = ".。!！?？"
LONGEST_MEDIAN = 0.7
"""Seconds that the median word takes at most; a word may take twice the median."""
LONG_PAUSE = 4
"""Medians after which a word is the first after a pause."""
TOLERANCE = 0.5
"""Seconds by which a word may leave its segment before the segment's time counts."""


@dataclass(frozen=True, slots=True)
class Punctuation:
    """Marks that belong to the word after them, and to the word before."""

    prepended: str
    appended: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How long words take in a window, in seconds."""

    median: float

    @classmethod
    def of(cls, timings: Sequence[WordTiming]) -> Pace:
        """The pace of these words; those that take no time do not count."""
        durations = [t.duration for t in timings if t.duration != 0]
        median = float(np.median(durations)) if durations else 0.0
        return cls(min(LONGEST_MEDIAN, median))

    @property
    def longest(self) -> float:
        """What a word at the edge of a sentence or a segment may take."""
        return self.median * 2


@dataclass(frozen=True, slots=True)
class Before:
    """Where the window begins, and when the last word before it ended, in seconds."""

    offset: float
    speech_end: float


def add_words(
    pieces: Sequence[TimedTokens],
    timings: Sequence[WordTiming],
    before: Before,
    punctuation: Punctuation,
    eot: int,
) -> tuple[TimedTokens, ...]:
    """The segments of a window with their words, and with times that these correct.

    `timings` are of all their text in order; tokens of text are those below `eot`.
    """
    speech_end = before.speech_end
    pace = Pace.of(timings)
    merged = iter(merge_punctuations(_at_sentences(timings, pace), punctuation))
    timed = []
    for piece in pieces:
        count = sum(token < eot for token in piece.tokens)
        words = [_word(timing, before.offset) for timing in _take(merged, count)]
        if words:
            piece, words = _at_segment(piece, words, pace, speech_end)
            speech_end = piece.end
        timed.append(replace(piece, words=tuple(words)))
    return tuple(timed)


def _at_sentences(timings: Sequence[WordTiming], pace: Pace) -> list[WordTiming]:
    """Long words at the end or the beginning of a sentence, cut to the longest."""
    cut = list(timings)
    for i in range(1, len(cut)):
        this, before = cut[i], cut[i - 1]
        if this.duration <= pace.longest:
            continue
        if this.word in SENTENCE_END_MARKS:
            cut[i] = replace(this, end=this.start + pace.longest)
        elif before.word in SENTENCE_END_MARKS:
            cut[i] = replace(this, start=this.end - pace.longest)
    return cut


def merge_punctuations(
    timings: Sequence[WordTiming], punctuation: Punctuation
) -> list[WordTiming]:
    """Marks joined to their words; what is joined leaves an empty word behind."""
    merged = list(timings)
    following = len(merged) - 1
    for i in range(len(merged) - 2, -1, -1):
        word = merged[i].word
        if word.startswith(" ") and word.strip() in punctuation.prepended:
            _join(merged, i, following, into=following)
        else:
            following = i
    previous = 0
    for i in range(1, len(merged)):
        ends = merged[previous].word.endswith(" ")
        if not ends and merged[i].word in punctuation.appended:
            _join(merged, previous, i, into=previous)
        else:
            previous = i
    return merged


def _join(timings: list[WordTiming], first: int, second: int, *, into: int) -> None:
    """Write the words and tokens of two places into one, and empty the other."""
    one, other = timings[first], timings[second]
    timings[first] = replace(one, word="", tokens=())
    timings[second] = replace(other, word="", tokens=())
    word, tokens = one.word + other.word, one.tokens + other.tokens
    timings[into] = replace(timings[into], word=word, tokens=tokens)


def _take(timings: Iterator[WordTiming], count: int) -> Iterator[WordTiming]:
    """The next words, until they have `count` tokens; empty ones are dropped."""
    taken = 0
    while taken < count and (timing := next(timings, None)):
        taken += len(timing.tokens)
        if timing.word:
            yield timing


def _word(timing: WordTiming, offset: float) -> Word:
    return Word(
        word=timing.word,
        start=round(offset + timing.start, 2),
        end=round(offset + timing.end, 2),
        probability=timing.probability,
    )


def _at_segment(
    piece: TimedTokens, words: list[Word], pace: Pace, speech_end: float
) -> tuple[TimedTokens, list[Word]]:
    """The times of a segment and those of its first and last words, made to agree."""
    words = _after_pause(words, pace, speech_end)
    first = words[0]
    start, end = piece.start, piece.end
    if start < first.end and start - TOLERANCE > first.start:
        words[0] = replace(first, start=max(0, min(first.end - pace.median, start)))
    else:
        start = first.start
    last = words[-1]
    if end > last.start and end + TOLERANCE < last.end:
        words[-1] = replace(last, end=max(last.start + pace.median, end))
    else:
        end = last.end
    return replace(piece, start=start, end=end), words


def _after_pause(words: list[Word], pace: Pace, speech_end: float) -> list[Word]:
    """After a pause the first and the second word take no longer than the longest."""
    first, longest = words[0], pace.longest
    if first.end - speech_end <= pace.median * LONG_PAUSE:
        return words
    second = words[1] if len(words) > 1 else None
    both_are_long = second is not None and second.end - first.start > longest * 2
    if first.end - first.start <= longest and not both_are_long:
        return words
    if second is not None and second.end - second.start > longest:
        boundary = max(second.end / 2, second.end - longest)
        words[1] = replace(second, start=boundary)
        first = replace(first, end=boundary)
    words[0] = replace(first, start=max(0, first.end - longest))
    return words
