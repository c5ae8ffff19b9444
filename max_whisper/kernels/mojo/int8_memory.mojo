"""Keys and values of an attention, quantised into panels as they come.

Keys have a scale for each position, values one for each channel, so that both are a
matrix of weights as `int8.mojo` has them: keys `[positions, head_size]`, and values the
other way round, `[head_size, positions]`. Probabilities have no offset to take off, so
the last line of a panel of values has the number of positions instead of sums.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.memory import bitcast
from std.memory.alloc import unsafe_alloc
from std.utils import StaticTuple

from .int8 import Ints, dot
from .matmul import PANEL, VECTORS, WIDTH, Vector, larger
from .memory import Heads
from .rows import quantise, stride_of


@no_inline
def pack_keys8(
    panel: Pointer[mut=True, Int32, _],
    k: Pointer[Float32, _],
    width: Int,
    size: Int,
    count: Int,
):
    """`count` positions of a head, `width` apart, as a panel; zeros after them."""
    var quads = (size + 3) // 4
    var line = unsafe_alloc[Int32](stride_of(size))
    for row in range(PANEL):
        var step = Float32(0)
        if row < count:
            step = quantise[0](line, k.unsafe_offset(row * width), size)
        for i in range(quads):
            var quad = line.unsafe_offset(i).unsafe_load[width=1]()
            panel.unsafe_offset(i * PANEL + row).unsafe_store(quad if step > 0 else 0)
        panel.unsafe_offset(quads * PANEL + row).unsafe_store(
            bitcast[DType.int32, 1](step)
        )
    for lane in range(0, PANEL, WIDTH):
        var sum = Ints(0)
        for i in range(quads):
            var quad = panel.unsafe_offset(i * PANEL + lane)
            sum = dot(sum, Ints(0x01010101), quad.unsafe_load[width=WIDTH]())
        panel.unsafe_offset((quads + 1) * PANEL + lane).unsafe_store(sum)
    line.unsafe_free()


@no_inline
def pack_values8(
    panel: Pointer[mut=True, Int32, _],
    v: Pointer[Float32, _],
    width: Int,
    channels: Int,
    positions: Int,
):
    """Up to 32 `channels` of all positions, `width` apart, as a panel; zeros after them."""
    var quads = (positions + 3) // 4

    @always_inline
    def values(position: Int, lane: Int) {imm} -> Vector:
        """A vector of channels, with zeros where there is nothing."""
        var at = position * width + lane
        var found = Vector(0)
        if position < positions and lane + WIDTH <= channels:
            found = v.unsafe_offset(at).unsafe_load[width=WIDTH]()
        elif position < positions:
            for i in range(channels - lane):
                found[i] = v.unsafe_offset(at + i).unsafe_load[width=1]()
        return found

    # All channels of a position at once: they lie side by side.
    var most = StaticTuple[Vector, VECTORS](fill=Vector(1e-30))
    for position in range(positions):
        comptime for j in range(VECTORS):
            most[j] = larger(abs(values(position, j * WIDTH)), most[j])
    for i in range(quads):
        comptime for j in range(VECTORS):
            var steps = 127 / most[j]
            var quad = Ints(0)
            comptime for b in range(4):
                var value = values(4 * i + b, j * WIDTH)
                quad |= (round(value * steps).cast[DType.int32]() & 255) << Ints(8 * b)
            panel.unsafe_offset(i * PANEL + j * WIDTH).unsafe_store(quad)
    comptime for j in range(VECTORS):
        var scales = panel.unsafe_offset(quads * PANEL + j * WIDTH)
        scales.unsafe_store(bitcast[DType.int32, WIDTH](most[j] / 127))
        scales.unsafe_offset(PANEL).unsafe_store(Ints(Int32(positions)))


@extensibility.register("whisper_int8_pack_keys")
struct Int8PackKeys:
    """Keys `[batch, positions, heads · head_size]`, quantised by position."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        panels: OutputTensor[dtype=DType.int32, rank=5, ...],
        k: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        var heads = Heads(k.dim_size(1), k.dim_size(2), panels.dim_size(1))
        var lines = panels.dim_size(3)
        var count = heads.key_panels()
        var source = k.unsafe_ptr()
        var sink = panels.unsafe_ptr()

        def task(t: Int) {imm}:
            var first = t % count * PANEL
            pack_keys8(
                sink.unsafe_offset(t * lines * PANEL),
                source.unsafe_offset(heads.place(t // count, first, 0)),
                heads.width,
                heads.size(),
                heads.positions - first,
            )

        sync_parallelize(task, k.dim_size(0) * heads.heads * count)


@extensibility.register("whisper_int8_pack_values")
struct Int8PackValues:
    """Values `[batch, positions, heads · head_size]`, quantised by channel."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        panels: OutputTensor[dtype=DType.int32, rank=5, ...],
        v: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        var heads = Heads(v.dim_size(1), v.dim_size(2), panels.dim_size(1))
        var lines = panels.dim_size(3)
        var count = heads.value_panels()
        var source = v.unsafe_ptr()
        var sink = panels.unsafe_ptr()

        def task(t: Int) {imm}:
            var channel = t % count * PANEL
            pack_values8(
                sink.unsafe_offset(t * lines * PANEL),
                source.unsafe_offset(heads.place(t // count, 0, channel)),
                heads.width,
                min(PANEL, heads.size() - channel),
                heads.positions,
            )

        sync_parallelize(task, v.dim_size(0) * heads.heads * count)
