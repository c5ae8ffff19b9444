"""The int8 kernels against NumPy that rounds where they round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from max_whisper.kernels.int8_ops import Int8Ops
from tests.kernels.conftest import Kernels
from tests.kernels.graphs import ATTENTIONS, CONVOLVED, LONG
from tests.numpy_whisper import attention, gelu, layer_norm

SHAPES = st.tuples(
    st.integers(1, 3), st.integers(1, 60), st.integers(1, 150), st.integers(1, 100)
)
"""Batch, rows, width in and width out: panels are 32 wide, blocks 12 rows at most."""


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def rounded(x: np.ndarray) -> np.ndarray:
    """Every row to 255 steps between its largest value and its negative."""
    most = np.abs(x).max(axis=-1, keepdims=True)
    steps = np.rint(x * (np.float32(127) / np.where(most > 0, most, 1)))
    return steps * np.float64(most) / 127


def product(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return rounded(x) @ rounded(weight).T


def close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=3e-5)


@given(SHAPES)
@settings(max_examples=60, deadline=None)
def test_linear(int8: Kernels, shape: tuple[int, ...]) -> None:
    batch, rows, k, n = shape
    x, w, b = numbers(1, batch, rows, k), numbers(2, n, k), numbers(3, n)
    close(int8("linear", x, int8.pack(w), b), product(x, w) + b)


@given(SHAPES)
@settings(max_examples=30, deadline=None)
def test_linear_with_gelu(int8: Kernels, shape: tuple[int, ...]) -> None:
    batch, rows, k, n = shape
    x, w, b = numbers(1, batch, rows, k), numbers(2, n, k), numbers(3, n)
    close(int8("linear_gelu", x, int8.pack(w), b), gelu(product(x, w) + b))


@given(SHAPES, st.booleans())
@settings(max_examples=30, deadline=None)
def test_linear_onto_a_residual(
    int8: Kernels, shape: tuple[int, ...], once: bool
) -> None:
    batch, rows, k, n = shape
    x, w, b = numbers(1, batch, rows, k), numbers(2, n, k), numbers(3, n)
    add = numbers(4, 1 if once else batch, rows, n)
    name = "linear_add_once" if once else "linear_add"
    close(int8(name, x, int8.pack(w), b, add), product(x, w) + b + add)


@given(SHAPES)
@settings(max_examples=30, deadline=None)
def test_projections_of_a_layer_norm(int8: Kernels, shape: tuple[int, ...]) -> None:
    batch, rows, k, n = shape
    x, scale, shift = numbers(1, batch, rows, k), numbers(2, k), numbers(3, k)
    q, k_, v = (numbers(seed, n, k) for seed in (4, 5, 6))
    b, c = numbers(7, n), numbers(8, n)
    h = np.float32(layer_norm(np.float64(x), scale, shift))
    packed = [int8.pack(w) for w in (q, k_, v)]
    found = int8("projections", x, scale, shift, *packed, b, c)
    expected = (product(h, q) + b, product(h, k_), product(h, v) + c)
    found.append(int8("projection", x, scale, shift, packed[0], b))
    # A value that lies between two steps may fall the other way. Then its row is off by
    # a step, times a weight; two such values in a row would be a strange chance.
    step = np.abs(h).max() / 127 * max(np.abs(w).max() for w in (q, k_, v))
    for y, wanted in zip(found, (*expected, gelu(expected[0])), strict=True):
        errors = np.abs(y - wanted).max(axis=-1)
        assert errors.max() < 2.3 * step
        assert (errors > 1e-4).sum() <= 2 + errors.size // 20


@pytest.mark.parametrize("name", ["linear", "linear_gelu"])
def test_a_row_is_the_same_alone_and_among_many(int8: Kernels, name: str) -> None:
    x, w, b = numbers(1, 1, 40, 70), int8.pack(numbers(2, 45, 70)), numbers(3, 45)
    many = int8(name, x, w, b)
    for row in (0, 11, 12, 39):
        alone = int8(name, x[:, row : row + 1], w, b)
        np.testing.assert_array_equal(alone[0, 0], many[0, row])


def test_rows_of_zeros_and_of_one_large_value(int8: Kernels) -> None:
    x, w, b = numbers(1, 1, 14, 40), numbers(2, 33, 40), numbers(3, 33)
    x[0, 3] = w[5] = 0
    x[0, 4, 7], w[6, 7] = 1e4, -1e4
    found = int8("linear", x, int8.pack(w), b)
    expected = product(x, w) + b
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-2)
    close(found[0, 3], b)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("n", [5, 64, 70])
def test_convolution(int8: Kernels, n: int, batch: int, stride: int) -> None:
    frames, channels = CONVOLVED[0] - (stride - 1), CONVOLVED[1]
    x = np.pad(numbers(1, batch, frames - 2, channels), ((0, 0), (1, 1), (0, 0)))
    w, b = numbers(2, n, 3 * channels), numbers(3, n)
    flat = x.reshape(batch, -1)
    starts = range(0, frames - 2, stride)
    patches = np.stack(
        [flat[:, t * channels : (t + 3) * channels] for t in starts], axis=1
    )
    expected = gelu(product(patches, w) + b)
    if stride == 1:
        found = int8("convolution", x, int8.pack(w), b)
        close(found, np.pad(expected, ((0, 0), (1, 1), (0, 0))))
    else:
        add = numbers(4, 1, len(starts), n)
        found = int8("convolution_stride_add", x, int8.pack(w), b, add)
        close(found, expected + add)


def test_embed_reads_what_was_packed(int8: Kernels) -> None:
    table, positions = numbers(1, 77, 21), numbers(2, 9, 21)
    tokens = np.array([[0, 31, 32], [76, 64, 5]], np.int32)
    starts = np.array([0, 6], np.int32)
    found = int8("embed", tokens, starts, int8.pack(table), positions)
    where = starts[:, None] + np.arange(3)
    close(found, rounded(table)[tokens] + positions[where])


@pytest.mark.parametrize("queries", [1, 5, 12, 97])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(("heads", "size", "positions"), [*ATTENTIONS, LONG])
def test_attention_is_near(
    int8: Kernels, heads: int, size: int, positions: int, batch: int, queries: int
) -> None:
    """Queries and keys are rounded to one part in 254, as are values and weights."""
    q = numbers(1, batch, queries, heads * size)
    k, v = (numbers(seed, batch, positions, heads * size) for seed in (2, 3))
    found = int8(f"attention_{heads}_{size}_{positions}", q, k, v)
    expected = [attention(*window, heads) for window in zip(q, k, v, strict=True)]
    assert np.abs(found - expected).max() < 0.05
    assert np.linalg.norm(found - expected) / np.linalg.norm(expected) < 0.02


@pytest.mark.parametrize("queries", [1, 13])
def test_attention_to_one_position_is_its_value(int8: Kernels, queries: int) -> None:
    heads, size, positions = LONG
    q = np.ones((1, queries, heads * size), np.float32)
    k = np.zeros((1, positions, heads * size), np.float32)
    k[0, -1] = 20
    v = numbers(3, 1, positions, heads * size)
    found = int8("attention_{}_{}_{}".format(*LONG), q, k, v)
    most = np.abs(v).max(axis=1)
    expected = np.rint(v[0, -1] * 127 / most) * most / 127
    close(found, np.broadcast_to(expected, found.shape))


@given(st.integers(1, 100), st.integers(1, 50))
@settings(max_examples=30, deadline=None)
def test_packed_weights_lie_in_panels(rows: int, columns: int) -> None:
    weight = numbers(1, rows, columns)
    panels = Int8Ops().pack(weight)
    quads = -(-columns // 4)
    assert panels.shape == (-(-rows // 32), quads + 2, 32)
    lines = np.ascontiguousarray(panels[:, :quads].transpose(0, 2, 1))
    values = lines.view(np.int8).reshape(-1, 4 * quads)
    scales = np.ascontiguousarray(panels[:, quads]).view(np.float32).reshape(-1, 1)
    sums = panels[:, quads + 1].reshape(-1)
    close(values[:rows, :columns] * scales[:rows], rounded(weight))
    np.testing.assert_array_equal(values.sum(axis=1), sums)
    assert not values[rows:].any() and not values[:, columns:].any()
