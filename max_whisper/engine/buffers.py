"""Windows of buffers, and copies of them.

A copy runs beside us, and not in turn with graphs: what it reads must be there, and it
is waited for.
"""

from __future__ import annotations

from collections.abc import Sequence

from max.driver import Buffer


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
