from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from max_whisper.engine.protocol import Mel
from max_whisper.pipeline.pieces import cut_at_silence


def test_a_recording_is_cut_in_the_middle_of_its_pauses() -> None:
    frames = np.ones((7000, 80), np.float32)
    for pause in (1000, 2500, 2700, 5100):
        frames[pause - 30 : pause + 30] = 0
    cut = cut_at_silence(Mel(frames), [(0, 7000)], 3000)
    assert [end for _, end in cut] == pytest.approx([2500, 5100, 7000], abs=20)


@pytest.mark.parametrize("length", [3001, 3200])
def test_the_last_cut_has_as_much_to_choose_from(length: int) -> None:
    frames = np.ones((length, 80), np.float32)
    frames[2170:2230] = 0
    [(_, cut), _] = cut_at_silence(Mel(frames), [(0, length)], 3000)
    assert cut == pytest.approx(2200, abs=20)


@given(
    sizes=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 9000)), max_size=4),
    longest=st.integers(40, 3000),
    seed=st.integers(0, 99),
)
def test_pieces_cover_the_clips_and_are_never_too_long(
    sizes: list[tuple[int, int]], longest: int, seed: int
) -> None:
    points = np.cumsum([size for pair in sizes for size in pair]).tolist()
    clips = list(zip(points[::2], points[1::2], strict=True))
    mel = np.random.default_rng(seed).random((max(points, default=0), 2), np.float32)
    pieces = cut_at_silence(Mel(mel), clips, longest)
    covered = [frame for piece in pieces for frame in range(*piece)]
    assert covered == [frame for clip in clips for frame in range(*clip)]
    assert all(end - start <= longest for start, end in pieces)
