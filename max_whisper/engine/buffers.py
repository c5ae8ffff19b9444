"""Arrays as buffers, windows of buffers, and copies of them.

A copy runs beside us, and not in turn with graphs: what it reads must be there, and it
is waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from max.driver import CPU, Buffer, Device
from max.dtype import DType
from numpy.typing import NDArray

from max_whisper.kernels.ops import NO_TOKEN

ALIGNMENT = 16
"""Bytes; where each of several arrays in one buffer may begin."""


def uploaded(arrays: Sequence[NDArray[Any]], device: Device) -> list[Buffer]:
    """Arrays on a device, by one transfer; on the host they are their own memory."""
    if device.is_host:
        return [Buffer.from_numpy(array) for array in arrays]
    return parted(Buffer.from_numpy(joined(arrays)).to(device), arrays)


def joined(arrays: Sequence[NDArray[Any]]) -> NDArray[np.uint8]:
    """The bytes of all, one after the other."""
    *begins, size = _begins(arrays)
    found = np.zeros(size, np.uint8)
    for begin, array in zip(begins, arrays, strict=True):
        found[begin : begin + array.nbytes] = array.reshape(-1).view(np.uint8)
    return found


def parted(buffer: Buffer, like: Sequence[NDArray[Any]]) -> list[Buffer]:
    """What was joined, as buffers of their own shapes; no copies."""
    return [
        buffer[begin : begin + array.nbytes].view(
            DType.from_numpy(array.dtype), array.shape
        )
        for begin, array in zip(_begins(like), like, strict=False)
    ]


def _begins(arrays: Sequence[NDArray[Any]]) -> list[int]:
    """Where each begins, and the end of all."""
    rooms = (-(-array.nbytes // ALIGNMENT) * ALIGNMENT for array in arrays)
    return [*accumulate(rooms, initial=0)]


def filled(lists: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    """A list of tokens for each row, filled up at the end. The longest may grow from
    step to step; the array does so seldom."""
    width = 1 << (max(1, *map(len, lists)) - 1).bit_length()
    tokens = np.full((len(lists), width), NO_TOKEN, np.int32)
    for line, some in zip(tokens, lists, strict=True):
        line[: len(some)] = some
    return tokens


def on_host(buffer: Buffer) -> NDArray[Any]:
    """A buffer as an array on the host."""
    array: NDArray[Any] = buffer.to(CPU()).to_numpy()
    return array


def as_float32(buffer: Buffer) -> NDArray[np.float32]:
    """The values of a buffer of any precision, on the host."""
    host = buffer.to(CPU())
    if host.dtype != DType.bfloat16:
        return np.asarray(host.to_numpy(), np.float32)
    upper = np.asarray(host.view(DType.uint16).to_numpy(), np.uint32)
    return (upper << 16).view(np.float32)


def gathered(buffers: Sequence[Buffer], indices: Sequence[int]) -> Buffer:
    """A new buffer of one window of each, in their order."""
    found = room_for(buffers[0], len(buffers))
    found.device.synchronize()
    for place, (buffer, index) in enumerate(zip(buffers, indices, strict=True)):
        only(found, place).inplace_copy_from(only(buffer, index))
    found.device.synchronize()
    return found


def room_for(like: Buffer, count: int) -> Buffer:
    """A new buffer for so many windows like those of another."""
    return Buffer(like.dtype, (count, *like.shape[1:]), like.device)


def put(buffer: Buffer, places: Sequence[int], others: Buffer) -> None:
    """Write other windows over some of a buffer's own."""
    buffer.device.synchronize()
    for index, place in enumerate(places):
        only(buffer, place).inplace_copy_from(only(others, index))
    buffer.device.synchronize()


def only(buffer: Buffer, index: int) -> Buffer:
    """One window of a batch, as a batch of one; no copy."""
    rest = (slice(None),) * (buffer.rank - 1)
    return buffer[(slice(index, index + 1), *rest)]


def first_positions(states: Buffer, count: int) -> Buffer:
    """The first positions of a batch of one, `[1, count, d_model]`; no copy."""
    _, positions, width = states.shape
    rows = states.view(states.dtype, (positions, width))
    return rows[:count, :].view(states.dtype, (1, count, width))
