"""A block as one operation is, to the bit, what its operations are one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from max.driver import Buffer

from tests.kernels.block_graphs import (
    CAPACITY,
    HIDDEN,
    POSITIONS,
    WIDTH,
)
from tests.kernels.conftest import Kernels

SQUARE = (WIDTH, WIDTH)
NORM, LAYER = [WIDTH, WIDTH], [SQUARE, WIDTH]
SELF = [*NORM, *LAYER, SQUARE, *LAYER, *LAYER]
CROSS = [*NORM, *LAYER, *LAYER]
FEED = [*NORM, (HIDDEN, WIDTH), HIDDEN, (WIDTH, HIDDEN), WIDTH]


@pytest.fixture(scope="session", params=["mojo", "mojo-half", "mojo-int8"])
def blocks(request: pytest.FixtureRequest, load: Callable[[str], Kernels]) -> Kernels:
    """Every set that has blocks in turn."""
    return load(request.param)


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def weights(
    blocks: Kernels, shapes: list[int | tuple[int, int]]
) -> Iterator[np.ndarray]:
    """Matrices as they are packed, and vectors."""
    for seed, shape in enumerate(shapes):
        if isinstance(shape, tuple):
            yield blocks.pack(numbers(seed, *shape) / 8)
        else:
            yield numbers(seed, shape)


@pytest.mark.parametrize("batch", [1, 3])
def test_of_the_encoder(blocks: Kernels, batch: int) -> None:
    x = numbers(1, batch, POSITIONS, WIDTH)
    given = [*weights(blocks, [*SELF, *FEED])]
    found = blocks("encoder", x, *given)
    np.testing.assert_array_equal(found, blocks("encoder_apart", x, *given))


@pytest.mark.parametrize(
    ("batch", "queries", "said"), [(1, 1, False), (2, 5, False), (3, 4, True)]
)
def test_of_the_decoder(blocks: Kernels, batch: int, queries: int, said: bool) -> None:
    """A step has a row for each query, a prompt (`said`) one for a window."""
    past = 3
    rows, tokens = (batch, queries) if said else (batch * queries, 1)
    x = numbers(1, batch, queries, WIDTH)
    slots = np.arange(rows, dtype=np.int32)
    path = np.repeat(slots[:, None], past + tokens, axis=1)
    k, v = (numbers(seed, batch, POSITIONS, WIDTH) for seed in (2, 3))
    memory = [slots, np.full(rows, past, np.int32), path, *blocks("memorise", k, v)]
    given = [*weights(blocks, [*SELF, *CROSS, *FEED])]
    found = []
    for name in ("decoder", f"decoder_apart_{'prompt' if said else 'step'}"):
        caches = [numbers(seed, rows, CAPACITY, WIDTH) for seed in (4, 5)]
        buffers = [Buffer.from_numpy(cache) for cache in caches]
        y, asked = blocks(name, x, *buffers, *memory, *given)
        found.append([y, asked, *(buffer.to_numpy() for buffer in buffers)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
