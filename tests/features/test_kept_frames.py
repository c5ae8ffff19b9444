"""Frames that are kept as they come, in memory or in a file."""

from __future__ import annotations

import numpy as np
import pytest

from max_whisper.features.kept_frames import KeptFrames
from max_whisper.features.log_mel import normalise


@pytest.mark.parametrize("most_in_memory", [1, 10_000, 2**25])
def test_frames_are_read_as_if_they_were_one_array(most_in_memory: int) -> None:
    energies = np.random.default_rng(0).normal(0, 4, (500, 8)).astype(np.float32)
    frames = KeptFrames(8, most_in_memory)
    for part in np.array_split(energies, [3, 100, 499]):
        frames.append(part)
    expected = normalise(energies, energies.max())
    np.testing.assert_array_equal(frames.cut_off(490), expected[490:])
    assert frames.shape == (490, 8)
    assert len(frames) == 490
    for part in (slice(None), slice(480, 600), slice(7, 9), slice(500, 510)):
        np.testing.assert_array_equal(frames[part], expected[:490][part])
