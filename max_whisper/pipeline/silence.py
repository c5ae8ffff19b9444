"""What is probably no speech in a window with word times, as in openai/whisper.

A segment is odd if its words are improbable, very short or very long. Odd segments with
silence around them are taken back, and the next window begins before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from max_whisper.audio.constants import FRAMES_PER_SECOND, HOP_LENGTH, SAMPLE_RATE
from max_whisper.timestamps import Cut, TimedTokens, Window
from max_whisper.transcript import Word

PUNCTUATION = "\"'“¿([{-\"'.。,，!！?？:：”)]}、"
WORDS_THAT_COUNT = 8
EDGE = 2.0
"""Seconds from a window's end in which a segment has silence on that side."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The window, how long a whole one is and the recording, both in mel frames."""

    window: Window
    num_frames: int
    content_frames: int

    @property
    def window_end(self) -> float:
        """Where a whole window would end, in seconds."""
        return _seconds(self.window.seek + self.num_frames)


def skip_silence(
    cut: Cut, around: Surroundings, threshold: float, last_speech_end: float
) -> Cut:
    """The cut without what is odd and has `threshold` seconds of silence around it."""
    window = around.window
    cut = _rest_is_silence(cut, around, threshold)
    first = _next_with_words(cut.segments)
    if first is not None and is_odd(first):
        gap = first.start - window.start_seconds
        if gap > threshold:
            seek = window.seek + round(gap * FRAMES_PER_SECOND)
            return replace(cut, segments=(), seek=seek, is_skipped=True)
    for i, segment in enumerate(cut.segments):
        if not segment.words:
            continue
        following = _next_with_words(cut.segments[i + 1 :])
        if is_odd(segment) and _stands_alone(
            segment, following, around, threshold, last_speech_end
        ):
            return replace(
                cut,
                segments=cut.segments[:i],
                seek=_seek_before(segment, around, threshold),
            )
        last_speech_end = segment.end
    return cut


def speech_end(segments: Sequence[TimedTokens]) -> float | None:
    """When the last word ends, or the last segment if there are no words."""
    ends = [segment.words[-1].end for segment in segments if segment.words]
    ends = ends or [segment.end for segment in segments]
    return ends[-1] if ends else None


def is_odd(segment: TimedTokens | None) -> bool:
    """Whether the words of a segment are probably none."""
    if segment is None or not segment.words:
        return False
    words = [word for word in segment.words if word.word not in PUNCTUATION]
    words = words[:WORDS_THAT_COUNT]
    score = sum(map(_oddness, words))
    return score >= 3 or score + 0.01 >= len(words)


def _oddness(word: Word) -> float:
    duration = word.end - word.start
    score = 1.0 if word.probability < 0.15 else 0.0
    if duration < 0.133:
        score += (0.133 - duration) * 15
    if duration > 2.0:
        score += duration - 2.0
    return score


def _rest_is_silence(cut: Cut, around: Surroundings, threshold: float) -> Cut:
    """Go on after the last word, or after the window if little of it is left."""
    end = speech_end(cut.segments)
    if cut.single_timestamp_ending or end is None:
        return cut
    if end <= around.window.start_seconds:
        return cut
    if around.window_end - end > threshold:
        return replace(cut, seek=round(end * FRAMES_PER_SECOND))
    return replace(cut, seek=around.window.end)


def _stands_alone(
    segment: TimedTokens,
    following: TimedTokens | None,
    around: Surroundings,
    threshold: float,
    last_speech_end: float,
) -> bool:
    """Whether there is silence, or something odd, before and after a segment."""
    start = around.window.start_seconds
    is_silent_before = (
        segment.start - last_speech_end > threshold
        or segment.start < threshold
        or segment.start - start < EDGE
    )
    next_start = start + around.window.duration
    if following is not None and following.words:
        next_start = following.words[0].start
    is_silent_after = (
        next_start - segment.end > threshold
        or is_odd(following)
        or around.window_end - segment.end < EDGE
    )
    return is_silent_before and is_silent_after


def _seek_before(segment: TimedTokens, around: Surroundings, threshold: float) -> int:
    """Where to listen again, a second on at least; nowhere if the recording ends."""
    if _seconds(around.content_frames) - segment.end < threshold:
        return around.content_frames
    start = max(around.window.start_seconds + 1, segment.start)
    return round(start * FRAMES_PER_SECOND)


def _next_with_words(segments: Sequence[TimedTokens]) -> TimedTokens | None:
    return next((segment for segment in segments if segment.words), None)


def _seconds(frames: int) -> float:
    return frames * HOP_LENGTH / SAMPLE_RATE
