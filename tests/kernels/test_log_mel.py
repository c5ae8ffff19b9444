"""Samples to log mel energies."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kernels.conftest import Kernels
from tests.kernels.graphs import FRAMES

ANGLES = 2 * np.pi * np.arange(400) / 400
HANN = 0.5 - 0.5 * np.cos(ANGLES)
TURNS = np.stack([np.cos(ANGLES), -np.sin(ANGLES)], axis=1)


def log_mel(samples: np.ndarray, filters: np.ndarray) -> np.ndarray:
    frames = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160]
    power = np.abs(np.fft.rfft(frames * HANN)) ** 2
    return np.log10(np.maximum(power @ filters.T, 1e-10))


@pytest.mark.parametrize("bins", [1, 33, 80])
def test_energies_of_noise(kernels: Kernels, bins: int) -> None:
    random = np.random.default_rng(bins)
    samples = 0.1 * random.standard_normal(160 * FRAMES + 240)
    filters = random.random((bins, 201)) * (random.random((bins, 201)) < 0.1)
    found = kernels("log_mel", samples, HANN, TURNS, filters)
    np.testing.assert_allclose(found, log_mel(samples, filters), atol=2e-5)


def test_silence_has_the_least_energy(kernels: Kernels) -> None:
    silence = np.zeros(160 * FRAMES + 240)
    found = kernels("log_mel", silence, HANN, TURNS, np.ones((3, 201)))
    np.testing.assert_allclose(found, -10, atol=1e-5)
