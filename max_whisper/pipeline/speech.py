"""Segments of joined speech, brought back to the times of the recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf

from max_whisper.audio.constants import FRAMES_PER_SECOND
from max_whisper.transcript import Segment, Word
from max_whisper.vad.speech_map import SpeechMap


def in_recording(segments: Iterable[Segment], speech: SpeechMap) -> Iterator[Segment]:
    """Yield segments of the sound that `speech` joined, as they come, at their times.

    A segment of words begins with its first and ends with its last one.
    """
    for segment in segments:
        words = segment.words and tuple(_word(w, speech) for w in segment.words)
        start, end = speech.interval(segment.start, segment.end)
        if words:
            start, end = words[0].start, words[-1].end
        seek = speech.seconds(segment.seek / FRAMES_PER_SECOND)
        yield replace(
            segment,
            seek=round(seek * FRAMES_PER_SECOND),
            start=start,
            end=end,
            words=words,
        )


def _word(word: Word, speech: SpeechMap) -> Word:
    """A word is not parted by a cut: it lies where its middle does."""
    start, end = speech.interval(word.start, word.end, inf)
    return replace(word, start=start, end=end)
