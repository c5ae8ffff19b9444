"""Where tokens were heard, and how likely they were, on a GPU, against NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.gpu.conftest import ALIGNED, SIZE, WIDTH
from tests.kernels.test_alignment import aligned
from tests.numpy_whisper import log_softmax

Run = Callable[..., list[np.ndarray]]


@pytest.mark.parametrize("tokens", [2, 7, 224])
@pytest.mark.parametrize("positions", [1, 3, 4, 255, 256, 257, 1500])
def test_attention_is_compared_and_smoothed(
    run: Run, tokens: int, positions: int
) -> None:
    random = np.random.default_rng(tokens + positions)
    q = random.standard_normal((tokens, WIDTH), dtype=np.float32)
    k = random.standard_normal((positions, WIDTH), dtype=np.float32)
    (found,) = run("alignment", q[None], k[None])
    expected = aligned(q, k, ALIGNED, SIZE)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_where_all_tokens_look_alike_there_is_nothing(run: Run) -> None:
    k = np.random.default_rng(0).standard_normal((1, 20, WIDTH), dtype=np.float32)
    (found,) = run("alignment", np.ones((1, 2, WIDTH), np.float32), k)
    assert not found.any()


@pytest.mark.parametrize(("count", "end"), [(2, 5), (9, 53), (224, 50_257)])
def test_each_token_is_as_likely_as_after_the_one_before(
    run: Run, count: int, end: int
) -> None:
    random = np.random.default_rng(count)
    logits = 4 * random.standard_normal((1, count, end + 1608), dtype=np.float32)
    tokens = random.integers(end, size=(1, count)).astype(np.int32)
    (found,) = run("next_logprobs", logits, tokens, np.array([end], np.int32))
    expected = log_softmax(logits[0, :-1, :end])[np.arange(count - 1), tokens[0, 1:]]
    np.testing.assert_allclose(found[:-1], expected, rtol=1e-4, atol=1e-4)
    assert found[-1] == 0
