from __future__ import annotations

import numpy as np
import pytest

from training.excerpts import excerpt, heard, resampled
from training.sounds import no_speech

LENGTH = 16_001
LOUD = 16384
PIECES = [np.full(size, LOUD, np.int16) for size in (1000, 40_000)]


@pytest.mark.parametrize("seed", range(20))
def test_an_excerpt_is_a_window_with_silence_around_it(seed: int) -> None:
    window = excerpt(np.random.default_rng(seed), LENGTH, PIECES)
    assert window.shape == (LENGTH,)
    assert window.dtype == np.float32
    assert np.abs(window).max() <= LOUD / 32768
    sounding = np.flatnonzero(window)
    assert np.diff(sounding).max(initial=1) == 1
    assert sounding.size > 0


def test_some_excerpts_last_the_whole_window_and_some_do_not() -> None:
    windows = [excerpt(np.random.default_rng(i), LENGTH, PIECES) for i in range(30)]
    shares = [np.count_nonzero(window) / LENGTH for window in windows]
    assert max(shares) > 0.99
    assert min(shares) < 0.5


def test_a_piece_is_read_faster_on_lines_between_its_samples() -> None:
    piece = np.arange(4000, dtype=np.int16)
    read = resampled(piece, 100, 1.25, 2000) * 32768
    np.testing.assert_allclose(read, 100 + 1.25 * np.arange(2000), atol=1e-3)


def test_after_its_end_a_piece_begins_again() -> None:
    piece = np.arange(1000, dtype=np.int16)
    read = resampled(piece, 900, 1.0, 2500) * 32768
    np.testing.assert_allclose(read, (900 + np.arange(2500)) % 1000, atol=1e-3)


@pytest.mark.parametrize("sound", [heard, no_speech])
def test_what_is_heard_of_music_is_a_finite_window(sound) -> None:
    for seed in range(10):
        samples = sound(np.random.default_rng(seed), LENGTH, PIECES)
        assert samples.shape == (LENGTH,)
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()


def test_without_music_everything_is_synthesised_as_before() -> None:
    without = no_speech(np.random.default_rng(0), LENGTH)
    empty = no_speech(np.random.default_rng(0), LENGTH, ())
    np.testing.assert_array_equal(without, empty)
