"""Samples to log mel energies on a GPU, against NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.kernels.graphs import FRAMES
from tests.kernels.test_log_mel import HANN, TURNS, log_mel

Run = Callable[..., list[np.ndarray]]


@pytest.mark.parametrize("bins", [1, 80, 128])
def test_energies_of_noise(run: Run, bins: int) -> None:
    random = np.random.default_rng(bins)
    samples = 0.1 * random.standard_normal(160 * FRAMES + 240)
    filters = random.random((bins, 201)) * (random.random((bins, 201)) < 0.1)
    inputs = (np.float32(value) for value in (samples, HANN, TURNS, filters))
    (found,) = run("log_mel", *inputs)
    np.testing.assert_allclose(found, log_mel(samples, filters), atol=2e-5)


def test_a_quiet_frequency_is_heard_beside_a_loud_one(run: Run) -> None:
    time = np.arange(160 * FRAMES + 240) / 16_000
    samples = np.sin(2 * np.pi * 400 * time) + 1e-4 * np.sin(2 * np.pi * 4000 * time)
    filters = np.zeros((2, 201))
    filters[0, 10] = filters[1, 100] = 1.0
    inputs = (np.float32(value) for value in (samples, HANN, TURNS, filters))
    (found,) = run("log_mel", *inputs)
    np.testing.assert_allclose(found, log_mel(samples, filters), atol=5e-3)
