"""Products of few rows on a GPU, against NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from max.driver import Device

from tests.gpu.conftest import PRODUCTS
from tests.numpy_whisper import gelu

Run = Callable[..., list[np.ndarray]]


@pytest.mark.parametrize(("batch", "tokens"), [(1, 1), (16, 1), (3, 7), (5, 40)])
@pytest.mark.parametrize(("depth", "columns"), PRODUCTS)
def test_products(
    run: Run, gpu: Device, depth: int, columns: int, batch: int, tokens: int
) -> None:
    if gpu.api != "cuda":
        pytest.skip("no NVIDIA GPU, for which they are made")
    random = np.random.default_rng(depth + batch)
    x = random.standard_normal((batch, tokens, depth)).astype(np.float16)
    w = (random.standard_normal((columns, depth)) / depth**0.5).astype(np.float16)
    bias = random.standard_normal(columns).astype(np.float16)
    add = random.standard_normal((batch, tokens, columns)).astype(np.float16)
    plain, warped, added = run(f"product_{depth}_{columns}", x, w, bias, add)
    product = np.float64(x) @ np.float64(w).T
    for found, expected in (
        (plain, product),
        (warped, gelu(product + bias)),
        (added, product + bias + add),
    ):
        assert found.dtype == np.float16
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)
