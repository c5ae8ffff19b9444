from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from training.sounds import KINDS, background, no_speech

LENGTH = 4000
LOUDEST = 0.9

Sound = Callable[[np.random.Generator, int], np.ndarray]

both = pytest.mark.parametrize("sound", [background, no_speech])


def heard(sound: Sound, seed: int, length: int = LENGTH) -> np.ndarray:
    return sound(np.random.default_rng(seed), length)


@both
@pytest.mark.parametrize("length", [1600, 16_001])
def test_a_sound_is_as_long_as_asked(sound: Sound, length: int) -> None:
    for seed in range(3):
        samples = heard(sound, seed, length)
        assert samples.shape == (length,)
        assert samples.dtype == np.float32


@both
def test_one_seed_gives_the_same_sound_again(sound: Sound) -> None:
    for seed in range(3):
        np.testing.assert_array_equal(heard(sound, seed), heard(sound, seed))
    assert not np.array_equal(heard(sound, 0), heard(sound, 1))


def test_background_is_as_loud_as_any_other() -> None:
    for seed in range(8):
        level = np.sqrt(np.mean(heard(background, seed) ** 2))
        assert level == pytest.approx(1, rel=1e-3)


def test_no_speech_is_finite_and_never_too_loud() -> None:
    for seed in range(20):
        samples = heard(no_speech, seed)
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() <= LOUDEST


def test_now_and_then_nothing_is_heard_at_all() -> None:
    assert any(not heard(no_speech, seed, 1600).any() for seed in range(200))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__.strip("_"))
def test_every_kind_can_be_made(kind: Sound) -> None:
    samples = heard(kind, 1)
    assert samples.shape == (LENGTH,)
    assert np.isfinite(samples).all()
