"""A block as one operation is, to the bit, what its operations are one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import TypeAlias

import numpy as np
import pytest
from max.driver import Buffer

from tests.kernels.block_graphs import CAPACITY, HEADS, HIDDEN, POSITIONS
from tests.kernels.conftest import Kernels

Shapes: TypeAlias = list[int | tuple[int, int]]


@pytest.fixture(scope="session", params=["mojo", "mojo-half", "mojo-int8"])
def blocks(request: pytest.FixtureRequest, load: Callable[[str], Kernels]) -> Kernels:
    """Every set that has blocks in turn."""
    return load(request.param)


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def weights(blocks: Kernels, shapes: Shapes) -> Iterator[np.ndarray]:
    """Matrices as they are packed, and vectors."""
    for seed, shape in enumerate(shapes):
        if isinstance(shape, tuple):
            yield blocks.pack(numbers(seed, *shape) / 8)
        else:
            yield numbers(seed, shape)


def shapes(width: int, *, hears: bool) -> Shapes:
    """Of the weights of a block; that of the decoder `hears`."""
    norm: Shapes = [width, width]
    square = (width, width)
    layer: Shapes = [square, width]
    own = [*norm, *layer, square, *layer, *layer]
    cross = [*norm, *layer, *layer] if hears else []
    return [*own, *cross, *norm, (HIDDEN, width), HIDDEN, (width, HIDDEN), width]


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("size", HEADS)
def test_of_the_encoder(blocks: Kernels, size: str, batch: int) -> None:
    width = prod(HEADS[size])
    x = numbers(1, batch, POSITIONS, width)
    given = [*weights(blocks, shapes(width, hears=False))]
    found = blocks(f"{size}_encoder", x, *given)
    np.testing.assert_array_equal(found, blocks(f"{size}_encoder_apart", x, *given))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("size", HEADS)
def test_of_what_is_heard(blocks: Kernels, size: str, batch: int) -> None:
    width = prod(HEADS[size])
    x = numbers(1, batch, POSITIONS, width)
    given = [*weights(blocks, [(width, width), (width, width), width])]
    found = blocks(f"{size}_cross", x, *given)
    expected = blocks(f"{size}_cross_apart", x, *given)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("batch", "queries", "said"),
    [(1, 1, False), (2, 5, False), (8, 5, False), (3, 4, True), (40, 7, True)],
)
@pytest.mark.parametrize("size", HEADS)
def test_of_the_decoder(
    blocks: Kernels, size: str, batch: int, queries: int, said: bool
) -> None:
    """A step has a row for each query, a prompt (`said`) one for a window.

    The past of a row lies here and there in the caches of its window's rows.
    """
    past, width = 3, prod(HEADS[size])
    rows, tokens = (batch, queries) if said else (batch * queries, 1)
    x = numbers(1, batch, queries, width)
    slots = np.arange(rows, dtype=np.int32)
    family = rows // batch
    path = np.random.default_rng(6).integers(family, size=(rows, past + tokens))
    path = (path + (slots - slots % family)[:, None]).astype(np.int32)
    path[:, past:] = slots[:, None]
    k, v = (numbers(seed, batch, POSITIONS, width) for seed in (2, 3))
    memory = [slots, np.full(rows, past, np.int32), path]
    memory += blocks(f"{size}_memorise", k, v)
    given = [*weights(blocks, shapes(width, hears=True))]
    found = []
    for name in ("decoder", f"decoder_apart_{'prompt' if said else 'step'}"):
        caches = [numbers(seed, rows, CAPACITY, width) for seed in (4, 5)]
        kept = blocks.ops.cache_dtype.to_numpy()
        buffers = [Buffer.from_numpy(cache.astype(kept)) for cache in caches]
        y, asked = blocks(f"{size}_{name}", x, *buffers, *memory, *given)
        found.append([y, asked, *(buffer.to_numpy() for buffer in buffers)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
