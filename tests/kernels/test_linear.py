"""Products: linear layers, convolutions, and what is read from a packed matrix."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kernels.conftest import Kernels
from tests.kernels.graphs import CONVOLVED
from tests.numpy_whisper import convolution, gelu, layer_norm

# Batch, rows, width in and width out: panels are 32 wide, tasks 96 rows, 512 columns.
SHAPES = [
    (1, 1, 1, 1),
    (1, 13, 64, 20),
    (2, 5, 7, 33),
    (5, 1, 40, 64),
    (3, 97, 65, 40),
    (1, 200, 31, 545),
]


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-5)


def weights(kernels: Kernels, seed: int, *shape: int) -> np.ndarray:
    """Numbers that the precision of the weights holds exactly."""
    scale = np.sqrt(np.prod(shape[1:]))
    return np.float64((numbers(seed, *shape) / scale).astype(kernels.weight_dtype))


@pytest.mark.parametrize("shape", SHAPES)
def test_linear_with_a_bias(kernels: Kernels, shape: tuple[int, ...]) -> None:
    batch, rows, k, n = shape
    x, w, b = numbers(1, batch, rows, k), weights(kernels, 2, n, k), numbers(3, n)
    close(kernels("linear", x, kernels.pack(w), b), x @ w.T + b)


@pytest.mark.parametrize("shape", SHAPES)
def test_linear_without_a_bias(kernels: Kernels, shape: tuple[int, ...]) -> None:
    batch, rows, k, n = shape
    x, w, b = numbers(1, batch, rows, k), weights(kernels, 2, n, k), numbers(3, n)
    close(kernels("linear_unbiased", x, kernels.pack(w), b), x @ w.T)


@pytest.mark.parametrize("shape", SHAPES)
def test_linear_with_gelu(weighted: Kernels, shape: tuple[int, ...]) -> None:
    batch, rows, k, n = shape
    x, w, b = numbers(1, batch, rows, k), weights(weighted, 2, n, k), numbers(3, n)
    close(weighted("linear_gelu", x, weighted.pack(w), b), gelu(x @ w.T + b))


@pytest.mark.parametrize("shape", SHAPES)
def test_linear_onto_a_residual(kernels: Kernels, shape: tuple[int, ...]) -> None:
    batch, rows, k, n = shape
    x, w, b = numbers(1, batch, rows, k), weights(kernels, 2, n, k), numbers(3, n)
    add = numbers(4, batch, rows, n)
    close(kernels("linear_add", x, kernels.pack(w), b, add), x @ w.T + b + add)


@pytest.mark.parametrize("shape", SHAPES)
def test_linear_onto_the_same_for_every_batch(
    kernels: Kernels, shape: tuple[int, ...]
) -> None:
    batch, rows, k, n = shape
    x, w, b = numbers(1, batch, rows, k), weights(kernels, 2, n, k), numbers(3, n)
    add = numbers(4, 1, rows, n)
    close(kernels("linear_add_once", x, kernels.pack(w), b, add), x @ w.T + b + add)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("n", [5, 64, 70])
def test_convolution_with_its_own_padding(kernels: Kernels, batch: int, n: int) -> None:
    frames, channels = CONVOLVED
    x = np.pad(numbers(1, batch, frames - 2, channels), ((0, 0), (1, 1), (0, 0)))
    w, b = weights(kernels, 2, n, channels, 3), numbers(3, n)
    expected = [gelu(convolution(sound[1:-1], w, b)) for sound in x]
    found = kernels("convolution", x, kernels.pack(taps_first(w)), b)
    close(found, np.pad(expected, ((0, 0), (1, 1), (0, 0))))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("n", [5, 64, 70])
def test_convolution_of_stride_two_onto_positions(
    weighted: Kernels, batch: int, n: int
) -> None:
    frames, channels = CONVOLVED[0] - 1, CONVOLVED[1]
    x = np.pad(numbers(1, batch, frames - 2, channels), ((0, 0), (1, 1), (0, 0)))
    w, b = weights(weighted, 2, n, channels, 3), numbers(3, n)
    add = numbers(4, 1, (frames - 2) // 2, n)
    expected = [gelu(convolution(s[1:-1], w, b, 2)) + add[0] for s in x]
    found = weighted("convolution_stride_add", x, weighted.pack(taps_first(w)), b, add)
    close(found, np.array(expected))


@pytest.mark.parametrize("shape", SHAPES)
def test_projections_of_a_layer_norm(kernels: Kernels, shape: tuple[int, ...]) -> None:
    batch, rows, k, n = shape
    x, scale, shift = numbers(1, batch, rows, k), numbers(2, k), numbers(3, k)
    q, k_, v = (weights(kernels, seed, n, k) for seed in (4, 5, 6))
    b, c = numbers(7, n), numbers(8, n)
    h = layer_norm(x, scale, shift)
    packed = [kernels.pack(w) for w in (q, k_, v)]
    found = kernels("projections", x, scale, shift, *packed, b, c)
    for y, expected in zip(found, (h @ q.T + b, h @ k_.T, h @ v.T + c), strict=True):
        np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
    (y,) = [kernels("projection", x, scale, shift, packed[0], b)]
    np.testing.assert_allclose(y, gelu(h @ q.T + b), rtol=1e-4, atol=1e-4)


def taps_first(weight: np.ndarray) -> np.ndarray:
    """`[out, in, 3]` as the rows that a convolution reads."""
    return weight.transpose(0, 2, 1).reshape(len(weight), -1)


def test_embed_adds_the_position_where_a_row_stands(weighted: Kernels) -> None:
    table, positions = weights(weighted, 1, 77, 20), numbers(2, 9, 20)
    tokens = np.array([[0, 31, 32], [76, 64, 5]], np.int32)
    starts = np.array([0, 6], np.int32)
    found = weighted("embed", tokens, starts, weighted.pack(table), positions)
    close(found, table[tokens] + positions[starts[:, None] + np.arange(3)])
