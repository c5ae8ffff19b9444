"""Loud and quiet, steady and not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.vad.energy import energy_probabilities
from max_whisper.vad.options import FRAME_SAMPLES

FRAMES_PER_SECOND = SAMPLE_RATE / FRAME_SAMPLES


def noise(seconds: float, level: float, seed: int = 0) -> NDArray[np.float32]:
    values = np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE))
    return np.asarray(level * values, np.float32)


def hum(seconds: float, level: float) -> NDArray[np.float32]:
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(level * np.sin(2 * np.pi * 50 * times), np.float32)


def talk(seconds: float, level: float) -> NDArray[np.float32]:
    """Noise that swells three times a second, as syllables do."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    swell = np.sin(np.pi * 3 * times) ** 2
    return np.asarray(swell * noise(seconds, level, seed=1), np.float32)


def is_speech(samples: NDArray[np.float32], start: float, end: float) -> float:
    """The part of the frames between two times that are taken for speech."""
    found = energy_probabilities(samples) >= 0.5
    first, last = round(start * FRAMES_PER_SECOND), round(end * FRAMES_PER_SECOND)
    return float(found[first:last].mean())


def test_a_probability_for_each_frame_even_an_unfinished_one() -> None:
    found = energy_probabilities(noise(1, 0.1)[: 10 * FRAME_SAMPLES + 1])
    assert found.shape == (11,)
    assert (found >= 0).all() and (found <= 1).all()


@pytest.mark.parametrize("size", [1, 511, 512, 2000])
def test_the_shortest_sounds_are_heard(size: int) -> None:
    assert np.isfinite(energy_probabilities(np.zeros(size, np.float32))).all()


@pytest.mark.parametrize("level", [0.0, 1e-4, 1e-2, 1.0])
def test_steady_noise_is_no_speech_at_any_level(level: float) -> None:
    assert energy_probabilities(noise(20, level)).max() < 0.1
    assert energy_probabilities(hum(20, level)).max() < 0.1


@pytest.mark.parametrize("level", [1e-2, 1.0])
@pytest.mark.parametrize("background", [0.0, 1e-2])
def test_what_swells_above_the_noise_is_speech(level: float, background: float) -> None:
    silent = np.zeros(8 * SAMPLE_RATE, np.float32)
    sound = np.concatenate([silent, talk(4, level), silent])
    sound = sound + noise(20, background * level, seed=2) + hum(20, background)
    assert is_speech(sound, 8, 12) > 0.5
    assert is_speech(sound, 0, 7.9) == 0
    assert is_speech(sound, 12.1, 20) == 0


def test_long_speech_does_not_become_the_noise() -> None:
    sound = talk(40, 0.3) + noise(40, 3e-3, seed=2)
    for second in range(0, 40, 4):
        assert is_speech(sound, second, second + 4) > 0.5


def test_a_click_is_no_speech() -> None:
    sound = noise(10, 1e-3)
    sound[5 * SAMPLE_RATE : 5 * SAMPLE_RATE + 800] = 0.9
    assert is_speech(sound, 0, 10) == 0


def test_samples_are_left_as_they_are() -> None:
    sound = talk(1, 0.3)
    before = sound.copy()
    energy_probabilities(sound)
    assert (sound == before).all()
