"""Framing, and the recording's maximum."""

from __future__ import annotations

import numpy as np
import pytest

from max_whisper.features.log_mel import BLOCK_SAMPLES, blocks, normalise
from tests.features.reference import log_energies, log_mel

LENGTHS = [
    *(1, 2, 159, 160, 199, 200, 201, 202, 400),
    *(160 * 77 - 1, 160 * 77, 160 * 77 + 1),
    *(480_000 - 201, 480_000, 480_000 + 1),
    65 * 16_000,
]


def noise(length: int) -> np.ndarray:
    """Quiet at first, so that the loudest point lies late."""
    random = np.random.default_rng(length)
    loudness = np.linspace(0.001, 0.3, length)
    return (loudness * random.standard_normal(length)).astype(np.float32)


@pytest.mark.parametrize("length", LENGTHS)
def test_blocks_and_maximum_are_those_of_one_long_transform(length: int) -> None:
    samples = noise(length)
    pieces = np.array_split(samples, [7, 180, 500_000])
    levels = np.concatenate([log_energies(b, 80) for b in blocks(pieces)])
    found = normalise(levels, levels.max())[: length // 160]
    np.testing.assert_allclose(found, log_mel(samples, 80), atol=1e-7)


@pytest.mark.parametrize("length", LENGTHS)
def test_blocks_hold_3000_frames(length: int) -> None:
    found = list(blocks([noise(length)]))
    assert {block.shape for block in found} == {(BLOCK_SAMPLES,)}
    assert {block.dtype for block in found} == {np.dtype(np.float32)}
    assert len(found) * 3000 >= length // 160


def test_a_recording_in_one_piece_is_cut_like_one_in_many() -> None:
    samples = noise(3 * BLOCK_SAMPLES + 7)
    pieces = np.array_split(samples, 1000)
    for one, other in zip(blocks([samples]), blocks(pieces), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_sound_has_no_frames() -> None:
    levels = np.concatenate([log_energies(b, 80) for b in blocks([])])
    assert (levels == levels[0, 0]).all()


def test_normalise_clamps_to_eight_decades_and_scales() -> None:
    levels = np.array([[-10, 0], [2, -6.5]], np.float32)
    np.testing.assert_allclose(
        normalise(levels, np.float32(2)), [[-0.5, 1], [1.5, -0.5]]
    )
