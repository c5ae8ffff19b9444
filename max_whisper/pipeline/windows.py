"""The walk through a recording: which clips are heard, and which window is next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from max_whisper.audio.constants import FRAMES_PER_SECOND
from max_whisper.option import check_range, refused
from max_whisper.timestamps import Window

Clip: TypeAlias = tuple[int, int]
"""The first mel frame of a clip, and the one after its last."""


def parse_clips(clip_timestamps: str | Sequence[float]) -> tuple[float, ...]:
    """Seconds from numbers, or from text with commas.

    Raises `OptionError` for what are not numbers from 0 on.
    """
    given = clip_timestamps
    if isinstance(given, str):
        given = given.split(",") if given else ()  # type: ignore[assignment]
    try:
        times = tuple(map(float, given))
    except (TypeError, ValueError) as error:
        wanted = "seconds, by commas,"
        raise refused("clip_timestamps", wanted, clip_timestamps) from error
    for time in times:
        check_range("clip_timestamps", time, 0)
    return times


def seek_clips(
    clip_timestamps: str | Sequence[float], content_frames: int
) -> tuple[Clip, ...]:
    """The clips in mel frames; a missing last end is the end of the recording.

    Clips end with the recording, beyond which openai/whisper hears empty windows.
    """
    points = [round(t * FRAMES_PER_SECOND) for t in parse_clips(clip_timestamps)]
    points = points or [0]
    if len(points) % 2:
        points.append(content_frames)
    ends = [min(end, content_frames) for end in points[1::2]]
    return tuple(zip(points[::2], ends, strict=True))


class Windows:
    """The windows of some clips, one after the other.

    `seek` is the mel frame at which the next one begins, `end` that at which the last
    clip ends. What is left of a clip is not heard if it is shorter than `shortest`.
    """

    def __init__(
        self, clips: Sequence[Clip], num_frames: int, shortest: int = 1
    ) -> None:
        self.seek = clips[0][0]
        self.end = max(end for _, end in clips)
        self._clips = list(clips)
        self._num_frames = num_frames
        self._shortest = shortest

    def next(self) -> Window | None:
        """The window at `seek`, `num_frames` long or to the end of the clip."""
        while self._clips:
            start, end = self._clips[0]
            self.seek = max(self.seek, start)
            if self.seek == start < end or end - self.seek >= self._shortest:
                return Window(self.seek, min(self._num_frames, end - self.seek))
            self._clips.pop(0)
            self.seek = self._clips[0][0] if self._clips else max(self.seek, end)
        return None
