"""The way back from the time in joined speech to the time in the recording.

Speech whose silences were cut out is transcribed as one sound. See
`SpeechTimestampsMap` in faster-whisper.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.vad.segments import Span


@dataclass(frozen=True, slots=True)
class SpeechMap:
    """The spans of a recording that are kept, and how much of their ends is silent.

    `spans` are in order and apart; `pad_seconds` before and after each there is only
    silence.
    """

    spans: tuple[Span, ...]
    pad_seconds: float = 0.0
    _begins: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sizes = accumulate((span.size for span in self.spans), initial=0)
        object.__setattr__(self, "_begins", tuple(sizes)[:-1])

    @classmethod
    def of(cls, spans: Sequence[Span], pad_seconds: float) -> SpeechMap:
        """The map of spans of which some may touch: nothing was cut between those."""
        apart: list[Span] = []
        for span in spans:
            if apart and apart[-1].end == span.start:
                span = Span(apart.pop().start, span.end)
            apart.append(span)
        return cls(tuple(apart), pad_seconds)

    @property
    def duration(self) -> float:
        """Seconds of speech."""
        return sum(span.size for span in self.spans) / SAMPLE_RATE

    def join(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The speech of the recording `[n]`, one span right after the other."""
        pieces = [samples[span.start : span.end] for span in self.spans]
        return np.concatenate([samples[:0], *pieces])

    def seconds(self, joined: float, *, is_end: bool = False) -> float:
        """The time in the recording of a time in the joined speech.

        Where one span ends and the next begins it is the latter's start, or the
        former's end if something ends there. Times are exact to the sample.
        """
        return self._in_span(self._span_at(joined, is_end=is_end), joined)

    def interval(
        self, start: float, end: float, pad_seconds: float | None = None
    ) -> tuple[float, float]:
        """When something begins and ends that is said in the joined speech.

        Nobody begins to speak in the silence at the end of a span, nor ends in that at
        the beginning of one: what reaches there is moved over the cut. With an infinite
        `pad_seconds`, as for a word, all of it lies in the span of its middle.
        """
        pad = self.pad_seconds if pad_seconds is None else pad_seconds
        middle = (start + end) / 2
        first = self._span_at(min(start + pad, middle))
        last = max(first, self._span_at(max(end - pad, middle), is_end=True))
        return self._in_span(first, start), self._in_span(last, end)

    def _span_at(self, joined: float, *, is_end: bool = False) -> int:
        """Which span holds a time."""
        find = bisect_left if is_end else bisect_right
        return max(find(self._begins, round(joined * SAMPLE_RATE)) - 1, 0)

    def _in_span(self, index: int, joined: float) -> float:
        """The time in the recording, not beyond the ends of that span."""
        span = self.spans[index]
        sample = span.start + round(joined * SAMPLE_RATE) - self._begins[index]
        return min(max(sample, span.start), span.end) / SAMPLE_RATE
