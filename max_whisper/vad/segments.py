"""From the probability of speech in each frame to the spans in which somebody speaks.

As `get_speech_timestamps` of Silero VAD and faster-whisper, told as steps. The spans
are the same as long as none is longer than `max_speech_duration_s`. Where Silero counts
the silence after such a span to its length and so cuts some that are short enough, here
only what is too long is cut: at its longest pause within the limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.vad.options import FRAME_SAMPLES, SAMPLES_PER_MS, VadOptions

LEAST_PAUSE = 98 * SAMPLES_PER_MS
"""Samples above which a pause is one between words, where speech may be cut."""


@dataclass(frozen=True, slots=True)
class Span:
    """Samples from `start` up to, but without, `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """How many samples it holds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Run(Span):
    """Speech without a pause, and how many samples of it are silent after it."""

    silence: int


def speech_spans(
    probabilities: NDArray[np.float32], num_samples: int, options: VadOptions
) -> tuple[Span, ...]:
    """The spans of speech, in order and apart, padded, in samples of the recording.

    `probabilities` is `[frames]`, of each 512 of the `num_samples` samples.
    """
    exact = probabilities.astype(np.float64)  # as the thresholds are
    runs = list(_runs(exact, num_samples, options))
    shortest = options.min_speech_duration_ms * SAMPLES_PER_MS
    pieces = [
        piece
        for speech in _joined(runs, num_samples, options)
        if speech[-1].end - speech[0].start > shortest
        for piece in _pieces(speech, _limit(options))
    ]
    return _padded(pieces, num_samples, options.pad_samples)


def _runs(
    probabilities: NDArray[np.float64], num_samples: int, options: VadOptions
) -> Iterator[Run]:
    """Where the state is speech: from `threshold` on, until below the lower one."""
    is_silent = probabilities < options.silence_threshold
    states = np.fromiter(_states(probabilities, options), bool, len(probabilities))
    edges = np.flatnonzero(np.diff(states, prepend=False, append=False)).tolist()
    starts, ends = edges[::2], edges[1::2]
    nexts = [*starts[1:], len(states)]
    # Without any speech there is one `nexts` too many, as there is in `_padded`.
    for start, end, after in zip(starts, ends, nexts, strict=False):
        silent = np.flatnonzero(is_silent[end:after])
        silence = int(silent[-1]) * FRAME_SAMPLES if silent.size else 0
        last = min(end * FRAME_SAMPLES, num_samples)
        yield Run(start * FRAME_SAMPLES, last, silence)


def _states(probabilities: NDArray[np.float64], options: VadOptions) -> Iterator[bool]:
    is_speech = False
    for probability in probabilities.tolist():
        stays = is_speech and probability >= options.silence_threshold
        is_speech = stays or probability >= options.threshold
        yield is_speech


def _joined(
    runs: Sequence[Run], num_samples: int, options: VadOptions
) -> Iterator[list[Run]]:
    """Runs that only short silences part; one that ends the recording is kept too."""
    longest = options.min_silence_duration_ms * SAMPLES_PER_MS
    speech: list[Run] = []
    for run in runs:
        speech.append(run)
        if run.silence >= longest:
            yield speech
            speech = []
    if speech:
        yield [*speech[:-1], Run(speech[-1].start, num_samples, 0)]


def _limit(options: VadOptions) -> float:
    """The samples that a piece may hold before it is padded, in whole frames."""
    if options.max_speech_duration_s == inf:
        return inf
    most = options.max_speech_duration_s * SAMPLE_RATE - 2 * options.pad_samples
    return max(int(most) // FRAME_SAMPLES, 1) * FRAME_SAMPLES


def _pieces(speech: Sequence[Span], limit: float) -> Iterator[Span]:
    """Speech in pieces within the limit, cut at the longest pause, or else anywhere."""
    start = speech[0].start
    while speech[-1].end - start > limit:
        end = start + int(limit)
        pauses = [
            (after.start - before.end, before.end)
            for before, after in pairwise(speech)
            if before.end <= end and after.start - before.end > LEAST_PAUSE
        ]
        end = max(pauses)[1] if pauses else end
        yield Span(start, end)
        speech = [Span(max(run.start, end), run.end) for run in speech if run.end > end]
        start = speech[0].start
    yield Span(start, speech[-1].end)


def _padded(spans: Sequence[Span], num_samples: int, pad: int) -> tuple[Span, ...]:
    """Longer by `pad` on both sides; two neighbours share what lies between them."""
    middles = [(before.end + after.start) // 2 for before, after in pairwise(spans)]
    bounds = pairwise([0, *middles, num_samples])
    return tuple(
        Span(max(span.start - pad, first), min(span.end + pad, last))
        for span, (first, last) in zip(spans, bounds, strict=False)
    )
