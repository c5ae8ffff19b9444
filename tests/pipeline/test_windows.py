from __future__ import annotations

from collections.abc import Sequence

import pytest

from max_whisper.errors import OptionError
from max_whisper.pipeline.windows import Windows, seek_clips
from max_whisper.timestamps import Window


@pytest.mark.parametrize(
    ("given", "clips"),
    [
        ("0", ((0, 5000),)),
        ("", ((0, 5000),)),
        ((), ((0, 5000),)),
        ("1.5,20", ((150, 2000),)),
        ([1, 2, 3.004], ((100, 200), (300, 5000))),
        ("10,100", ((1000, 5000),)),
        ("90", ((9000, 5000),)),
    ],
)
def test_clips_in_frames(
    given: str | Sequence[float], clips: tuple[tuple[int, int], ...]
) -> None:
    assert seek_clips(given, 5000) == clips


@pytest.mark.parametrize("wrong", ["one", "1,,2", "-1", [float("nan")], "inf"])
def test_clips_are_seconds_from_zero_on(wrong: str | list[float]) -> None:
    with pytest.raises(OptionError, match="clip_timestamps"):
        seek_clips(wrong, 5000)


def walk(
    *clips: tuple[int, int], step: int | None = None, shortest: int = 1
) -> list[tuple[int, int]]:
    windows = Windows(clips, 3000, shortest)
    walked = []
    while window := windows.next():
        walked.append((window.seek, window.size))
        windows.seek = window.seek + step if step else window.end
    return walked


def test_windows_end_with_the_clip() -> None:
    assert walk((0, 7000)) == [(0, 3000), (3000, 3000), (6000, 1000)]
    assert walk((50, 60), (70, 80)) == [(50, 10), (70, 10)]
    assert walk((0, 4000), step=2500) == [(0, 3000), (2500, 1500)]


def test_a_short_rest_is_not_heard_but_a_short_clip_is() -> None:
    clips = (0, 2530), (2530, 2540)
    assert walk(*clips, step=2501, shortest=30) == [(0, 2530), (2530, 10)]
    assert walk(*clips, step=2500, shortest=30) == [(0, 2530), (2500, 30), (2530, 10)]


def test_a_rest_that_is_not_heard_is_behind_us() -> None:
    windows = Windows([(0, 100)], 3000, 30)
    windows.seek = 80
    assert windows.next() is None
    assert windows.seek == 100


def test_a_later_clip_may_lie_before_and_an_empty_one_is_passed_over() -> None:
    assert walk((500, 600), (30, 20), (0, 100)) == [(500, 100), (0, 100)]
    assert walk((0, 0)) == []


def test_the_next_window_is_the_same_until_seek_moves() -> None:
    windows = Windows([(0, 100)], 3000)
    assert windows.next() == windows.next() == Window(0, 100)
