"""Where a recording may be cut, so that its pieces can be heard by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import FRAMES_PER_SECOND
from max_whisper.engine.protocol import Mel
from max_whisper.pipeline.windows import Clip

PAUSE = 3 * FRAMES_PER_SECOND // 10
"""Mel frames over which it shall be quiet: 0.3 s."""


def cut_at_silence(mel: Mel, clips: Sequence[Clip], longest: int) -> list[Clip]:
    """Clips of at most `longest` mel frames that cover the same sound.

    A longer clip is cut where the last fifth of what may be a piece is quietest; the
    rest is never the shortest of pieces, which invite words that nobody said.
    """
    starts = range(0, len(mel.frames), longest)
    means = [mel.frames[at : at + longest].mean(axis=1) for at in starts]
    loudness = _smoothed(np.concatenate([np.empty(0, np.float32), *means]))
    return [piece for clip in clips for piece in _pieces(loudness, clip, longest)]


def _pieces(loudness: NDArray[np.float32], clip: Clip, longest: int) -> Iterator[Clip]:
    start, end = clip
    while end - start > longest:
        last = min(start + longest, end - longest // 6)
        first = min(start + longest * 4 // 5, last - max(1, longest // 5))
        cut = first + int(np.argmin(loudness[first:last]))
        yield start, cut
        start = cut
    if start < end:
        yield start, end


def _smoothed(loudness: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean over the pause around each frame, `[n]`."""
    if len(loudness) < PAUSE:
        return loudness
    kernel = np.full(PAUSE, 1 / PAUSE, np.float32)
    return np.convolve(loudness, kernel, mode="same").astype(np.float32)
