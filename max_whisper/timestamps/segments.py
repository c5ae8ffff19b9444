"""Cuts the tokens of a window into segments, and says where to listen next.

A segment ends where two timestamps follow each other, as in
`<|0.00|> One.<|1.20|><|1.20|> Two.<|2.00|><|2.00|> Th`: what comes after the last pair
is unfinished, and the next window begins there. See `transcribe` in openai/whisper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from max_whisper.timestamps.window import FRAMES_PER_POSITION, Window, seconds
from max_whisper.transcript import Word


@dataclass(frozen=True, slots=True)
class TimedTokens:
    """Tokens that are spoken between `start` and `end`, in seconds of the recording.

    `words` is None until they are found.
    """

    tokens: tuple[int, ...]
    start: float
    end: float
    words: tuple[Word, ...] | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A window's segments, and the mel frame at which the next window begins.

    `single_timestamp_ending`: the tokens end in one timestamp, after which the window
    is silent. `is_skipped`: the window begins with silence, and what was heard of it
    does not count.
    """

    segments: tuple[TimedTokens, ...]
    seek: int
    single_timestamp_ending: bool
    is_skipped: bool = False


def split_segments(
    tokens: Sequence[int],
    timestamp_begin: int,
    window: Window,
    *,
    keep_first_timestamp: bool = False,
) -> Cut:
    """Cut `tokens` at each pair of timestamps: the ids from `timestamp_begin` on.

    Without any pair the whole window is one segment, up to its last timestamp; it
    begins with the window, whatever its first timestamp is, unless that is to be kept.
    """
    is_time = [token >= timestamp_begin for token in tokens]
    ends_once = is_time[-2:] == [False, True]
    cuts = [i for i, pair in enumerate(pairwise(is_time), start=1) if all(pair)]
    if not cuts:
        whole = _whole(tokens, timestamp_begin, window)
        if keep_first_timestamp and tokens and is_time[0]:
            first = window.time(tokens[0] - timestamp_begin)
            if first < whole.end:
                whole = replace(whole, start=first)
        return Cut((whole,), window.end, ends_once)
    if ends_once:
        cuts.append(len(tokens))
    pieces = [tuple(tokens[begin:end]) for begin, end in pairwise([0, *cuts])]
    segments = tuple(_timed(piece, timestamp_begin, window) for piece in pieces)
    if ends_once:
        return Cut(segments, window.end, ends_once)
    heard = (pieces[-1][-1] - timestamp_begin) * FRAMES_PER_POSITION
    # A window in which no time passes would be heard again for ever.
    return Cut(segments, window.seek + (heard or window.size), ends_once)


def _timed(
    tokens: tuple[int, ...], timestamp_begin: int, window: Window
) -> TimedTokens:
    start = window.time(tokens[0] - timestamp_begin)
    return TimedTokens(tokens, start, window.time(tokens[-1] - timestamp_begin))


def _whole(tokens: Sequence[int], timestamp_begin: int, window: Window) -> TimedTokens:
    """All of the window as one segment."""
    times = [token for token in tokens if token >= timestamp_begin]
    duration = window.duration
    if times and times[-1] != timestamp_begin:
        duration = seconds(times[-1] - timestamp_begin)
    start = window.start_seconds
    return TimedTokens(tuple(tokens), start, start + duration)
