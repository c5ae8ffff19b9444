"""Where tokens were heard, and how likely they were."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from max_whisper.kernels.plain_alignment import MEDIAN_OF_7
from tests.kernels.conftest import Kernels
from tests.kernels.graphs import ALIGNED, ALIGNED_SIZE
from tests.numpy_whisper import log_softmax, softmax

WIDTH = ALIGNED_SIZE * 4


def aligned(
    q: np.ndarray,
    k: np.ndarray,
    heads: Sequence[int] = ALIGNED,
    size: int = ALIGNED_SIZE,
) -> np.ndarray:
    """The sum over the heads, from q `[tokens, D]` and k `[positions, D]`."""
    total = np.zeros((len(q), len(k)))
    for head in heads:
        here = slice(head * size, (head + 1) * size)
        looks = softmax(q[:, here] @ k[:, here].T / np.sqrt(size))
        apart, deviation = looks - looks.mean(axis=0), looks.std(axis=0)
        looks = np.divide(apart, deviation, where=deviation > 0, out=0 * apart)
        total += medians(looks)
    return total


def medians(x: np.ndarray) -> np.ndarray:
    if x.shape[1] <= 3:
        return x
    padded = np.pad(x, ((0, 0), (3, 3)), mode="reflect")
    taps = [padded[:, i : i + x.shape[1]] for i in range(7)]
    return np.median(taps, axis=0)


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 40), st.integers(1, 70), st.integers(0, 99))
def test_attention_is_compared_and_smoothed(
    kernels: Kernels, tokens: int, positions: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    q = random.standard_normal((tokens, WIDTH))
    k = random.standard_normal((positions, WIDTH))
    found = kernels("alignment", q[None], k[None])
    np.testing.assert_allclose(found, aligned(q, k), rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize("end", [5, 29, 53])
@pytest.mark.parametrize("count", [2, 9])
def test_each_token_is_as_likely_as_after_the_one_before(
    kernels: Kernels, count: int, end: int
) -> None:
    random = np.random.default_rng(count)
    logits = 4 * random.standard_normal((1, count, 53))
    tokens = random.integers(end, size=(1, count)).astype(np.int32)
    found = kernels("next_logprobs", logits, tokens, np.array([end], np.int32))
    expected = log_softmax(logits[0, :-1, :end])[np.arange(count - 1), tokens[0, 1:]]
    np.testing.assert_allclose(found[:-1], expected, rtol=1e-4, atol=1e-5)
    assert found[-1] == 0


def test_the_comparisons_leave_the_median_in_the_middle() -> None:
    # By the 0-1 principle, what is right for zeros and ones is right for all numbers.
    for values in product((0, 1), repeat=7):
        taps = list(values)
        for a, b in MEDIAN_OF_7:
            taps[a], taps[b] = min(taps[a], taps[b]), max(taps[a], taps[b])
        assert taps[3] == sorted(values)[3]


def test_where_all_tokens_look_alike_there_is_nothing(kernels: Kernels) -> None:
    q = np.ones((1, 5, WIDTH))
    k = np.random.default_rng(0).standard_normal((1, 20, WIDTH))
    assert not kernels("alignment", q, k).any()
