"""Arrays that travel together arrive as they were."""

from __future__ import annotations

import numpy as np
import pytest
from max.driver import CPU, Buffer
from max.dtype import DType

from max_whisper.engine.buffers import as_float32, filled, joined, parted, uploaded

ARRAYS = (
    np.arange(6, dtype=np.int32).reshape(2, 3),
    np.array([0.5, 2.0, -1.0], np.float32),
    np.array([2**63 + 1], np.uint64),
    np.arange(5, dtype=np.int32)[np.newaxis],
)


def test_what_is_joined_is_parted_again() -> None:
    found = parted(Buffer.from_numpy(joined(ARRAYS)), ARRAYS)
    for buffer, array in zip(found, ARRAYS, strict=True):
        np.testing.assert_array_equal(buffer.to_numpy(), array)
        assert buffer.to_numpy().dtype == array.dtype


def test_on_the_host_nothing_is_copied() -> None:
    array = np.zeros(3, np.int32)
    (buffer,) = uploaded([array], CPU())
    array[1] = 7
    assert buffer.to_numpy()[1] == 7


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_any_precision_is_read_as_float32(dtype: type) -> None:
    values = np.array([[0.5, -3.0]], dtype)
    found = as_float32(Buffer.from_numpy(values))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values)


def test_bfloat16_is_read_as_float32() -> None:
    upper = np.array([0x3F80, 0xC040], np.uint16)
    buffer = Buffer.from_numpy(upper).view(DType.bfloat16)
    np.testing.assert_array_equal(as_float32(buffer), [1.0, -3.0])


@pytest.mark.parametrize(
    ("longest", "width"), [(0, 1), (1, 1), (2, 2), (3, 4), (5, 8), (9, 16)]
)
def test_lists_are_filled_up_to_widths_that_seldom_change(
    longest: int, width: int
) -> None:
    found = filled([[], [*range(longest)]])
    assert found.shape == (2, width)
    assert found[1, :longest].tolist() == [*range(longest)]
    assert (found[0] == -1).all()
    assert (found[1, longest:] == -1).all()
