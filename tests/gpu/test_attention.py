"""Attention of few queries on a GPU, against NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from max.driver import CPU, Buffer, Device

from tests.gpu.conftest import CAPACITY, HALVES, HEADS, POSITIONS, SIZE, WIDTH
from tests.gpu.halves import STEPS, rounded
from tests.numpy_whisper import attention

Run = Callable[..., list[np.ndarray]]


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(("batch", "tokens"), [(1, 1), (3, 1), (2, 5), (1, 40)])
def test_every_token_sees_every_position(run: Run, batch: int, tokens: int) -> None:
    q = 3 * numbers(1, batch, tokens, WIDTH)
    k, v = (numbers(seed, batch, POSITIONS, WIDTH) for seed in (2, 3))
    memory = (x.reshape(batch, POSITIONS, HEADS, SIZE) for x in (k, v))
    (found,) = run("attention", q, *memory)
    expected = [attention(*window, HEADS) for window in zip(q, k, v, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("tokens", [1, 5])
@pytest.mark.parametrize("half", HALVES)
def test_half_precision_loses_no_more_than_it_must(
    run: Run, gpu: Device, half: str, tokens: int
) -> None:
    if gpu.api != "cuda":
        pytest.skip("built for NVIDIA GPUs only")
    q = rounded(3 * numbers(1, 2, tokens, WIDTH), half)
    k, v = (rounded(numbers(s, 2, POSITIONS, WIDTH), half) for s in (2, 3))
    memory = (x.reshape(2, POSITIONS, HEADS, SIZE) for x in (k, v))
    (found,) = run(f"{half}.attention", q, *memory)
    expected = [attention(*window, HEADS) for window in zip(q, k, v, strict=True)]
    step = STEPS[half]
    np.testing.assert_allclose(found, expected, rtol=step, atol=step / 10)


@pytest.mark.parametrize(
    ("rows", "tokens", "path"),
    [(1, 1, 1), (3, 1, 200), (2, 7, 40), (4, 3, CAPACITY), (320, 1, CAPACITY)],
)
def test_a_token_sees_what_its_ancestors_said(
    run: Run, gpu: Device, rows: int, tokens: int, path: int
) -> None:
    random = np.random.default_rng(path)
    q, k, v = numbers(1, 3, rows, tokens, WIDTH)
    caches = [numbers(seed, rows + 1, CAPACITY, WIDTH) for seed in (2, 3)]
    buffers = [Buffer.from_numpy(cache.copy()).to(gpu) for cache in caches]
    slots = random.permutation(rows + 1)[:rows].astype(np.int32)
    starts = random.integers(0, path - tokens + 1, rows).astype(np.int32)
    starts[0] = path - tokens
    ancestors = random.integers(0, rows + 1, (rows, path)).astype(np.int32)
    for row, (slot, start) in enumerate(zip(slots, starts, strict=True)):
        ancestors[row, start : start + tokens] = slot
        for cache, new in zip(caches, (k, v), strict=True):
            cache[slot, start : start + tokens] = new[row]
    (found,) = run("cached_attention", q, k, v, slots, starts, ancestors, *buffers)
    for cache, buffer in zip(caches, buffers, strict=True):
        np.testing.assert_array_equal(buffer.to(CPU()).to_numpy(), cache)
    for row in range(rows):
        end = starts[row] + tokens
        past = [cache[ancestors[row, :end], np.arange(end)] for cache in caches]
        for i in range(tokens):
            seen = (x[: starts[row] + i + 1] for x in past)
            expected = attention(q[row, i : i + 1], *seen, HEADS)
            np.testing.assert_allclose(found[row, i], expected[0], rtol=1e-4, atol=1e-5)


def test_a_token_beyond_the_cache_is_not_written(run: Run, gpu: Device) -> None:
    before = numbers(1, 1, CAPACITY, WIDTH)
    buffers = [Buffer.from_numpy(before.copy()).to(gpu) for _ in "kv"]
    new = numbers(2, 1, 2, WIDTH)
    slots, starts = np.zeros(1, np.int32), np.array([CAPACITY - 1], np.int32)
    run(
        "cached_attention",
        *[new] * 3,
        *(slots, starts, np.zeros((1, CAPACITY), np.int32)),
        *buffers,
    )
    for buffer in buffers:
        after = buffer.to(CPU()).to_numpy()
        np.testing.assert_array_equal(after[0, :-1], before[0, :-1])
        np.testing.assert_array_equal(after[0, -1], new[0, 0])
