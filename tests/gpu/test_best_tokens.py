"""The tests of `next_tokens`, on a GPU, from the logits on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from tests.kernels import test_next_tokens
from tests.kernels.conftest import Kernels
from tests.kernels.test_next_tokens import Rules, check, numbers
from tests.numpy_whisper import layer_norm

Run = Callable[..., list[np.ndarray]]

OTHERS = (
    "weights_of_any_type",
    "more_rows_than_there_are_candidates",
    "probabilities_without_rules",
)
"""Ends of names of tests that need more than the one graph."""

globals().update(
    {
        name: test
        for name, test in vars(test_next_tokens).items()
        if name.startswith("test_") and not name.endswith(OTHERS)
    }
)


class OnAGpu:
    """`Kernels` with the one graph that these tests ask for."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def pack(self, matrix: np.ndarray) -> np.ndarray:
        return matrix

    def __call__(self, name: str, *values: Any) -> list[np.ndarray]:
        assert name == "next_tokens"
        states, weight, bias, embedding, *rules = values
        logits = layer_norm(np.float64(states), weight, bias) @ embedding.T
        return self._run("best_tokens", np.float32(logits), *rules)


@pytest.fixture(scope="session")
def kernels(run: Run) -> Kernels:
    return cast(Kernels, OnAGpu(run))


@pytest.mark.parametrize("begin", [51_866, 50_365, 40_000])
def test_stretches_of_a_large_vocabulary_are_joined(
    kernels: Kernels, begin: int
) -> None:
    size = 51_866
    bounds = [(0, begin, size, 0), (500, min(size, begin + 20), size - 6, 1)]
    rules = Rules(bounds, (3, 4095, 4096), range(220), begin, penalty=1.5)
    check(kernels, numbers(begin, 1, 2, size), rules, 6)
