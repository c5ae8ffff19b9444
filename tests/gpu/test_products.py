"""Products of few rows on a GPU, against NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from max.driver import Device

from tests.gpu.conftest import HALVES, PRODUCTS
from tests.gpu.halves import STEPS, rounded
from tests.numpy_whisper import gelu

Run = Callable[..., list[np.ndarray]]


@pytest.mark.parametrize(("batch", "tokens"), [(1, 1), (16, 1), (3, 7), (5, 40)])
@pytest.mark.parametrize(("depth", "columns"), PRODUCTS)
@pytest.mark.parametrize("half", HALVES)
def test_products(
    run: Run, gpu: Device, half: str, depth: int, columns: int, batch: int, tokens: int
) -> None:
    if gpu.api != "cuda":
        pytest.skip("no NVIDIA GPU, for which they are made")
    random = np.random.default_rng(depth + batch)
    shapes = (batch, tokens, depth), (columns, depth), (columns,)
    x, w, bias, add = (
        rounded(random.standard_normal(shape, dtype=np.float32), half)
        for shape in (*shapes, (batch, tokens, columns))
    )
    w = rounded(w / depth**0.5, half)
    name = f"{half}.product_{depth}_{columns}"
    plain, warped, added, logits = run(name, x, w, bias, add)
    product = (x.reshape(-1, depth) @ w.T).reshape(batch, tokens, columns)
    step = STEPS[half]
    for found, expected in (
        (plain, product),
        (warped, gelu(product + bias)),
        (added, product + bias + add),
    ):
        np.testing.assert_allclose(found, expected, rtol=step, atol=step)
    np.testing.assert_allclose(logits, product, rtol=1e-4, atol=1e-4)
