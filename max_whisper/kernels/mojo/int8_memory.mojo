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

from .int8 import Ints, dot
from .int8_rows import quantise, stride_of
from .matmul import PANEL, WIDTH, Vector


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
        var heads = panels.dim_size(1)
        var count = panels.dim_size(2)
        var quads = panels.dim_size(3) - 2
        var positions = k.dim_size(1)
        var width = k.dim_size(2)
        var size = width // heads
        var stride = stride_of(size)
        var source = k.unsafe_ptr()
        var sink = panels.unsafe_ptr()

        def task(t: Int) {imm}:
            var batch = t // (heads * count)
            var head = t // count % heads
            var first = t % count * PANEL
            var panel = sink.unsafe_offset(t * (quads + 2) * PANEL)
            var line = unsafe_alloc[Int32](stride)
            for row in range(PANEL):
                var step = Float32(0)
                if first + row < positions:
                    var at = (batch * positions + first + row) * width + head * size
                    step = quantise[0](line, source.unsafe_offset(at), size)
                for i in range(quads):
                    var quad = line.unsafe_offset(i).unsafe_load[width=1]()
                    panel.unsafe_offset(i * PANEL + row).unsafe_store(
                        quad if step > 0 else 0
                    )
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

        sync_parallelize(task, k.dim_size(0) * heads * count)


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
        var heads = panels.dim_size(1)
        var count = panels.dim_size(2)
        var quads = panels.dim_size(3) - 2
        var positions = v.dim_size(1)
        var width = v.dim_size(2)
        var size = width // heads
        var source = v.unsafe_ptr()
        var sink = panels.unsafe_ptr()

        def task(t: Int) {imm}:
            var batch = t // (heads * count)
            var head = t // count % heads
            var panel = sink.unsafe_offset(t * (quads + 2) * PANEL)
            for lane in range(0, PANEL, WIDTH):
                var channel = t % count * PANEL + lane

                @always_inline
                def values(position: Int) {imm} -> Vector:
                    """A vector of channels, with zeros where there is nothing."""
                    var at = (batch * positions + position) * width + head * size + channel
                    var found = Vector(0)
                    if position < positions and channel + WIDTH <= size:
                        found = source.unsafe_offset(at).unsafe_load[width=WIDTH]()
                    elif position < positions:
                        for i in range(size - channel):
                            found[i] = source.unsafe_offset(at + i).unsafe_load[width=1]()
                    return found

                var most = Vector(1e-30)
                for position in range(positions):
                    most = max(most, abs(values(position)))
                var steps = 127 / most
                for i in range(quads):
                    var quad = Ints(0)
                    comptime for j in range(4):
                        var byte = round(values(4 * i + j) * steps).cast[DType.int32]()
                        quad |= (byte & 255) << Ints(8 * j)
                    panel.unsafe_offset(i * PANEL + lane).unsafe_store(quad)
                panel.unsafe_offset(quads * PANEL + lane).unsafe_store(
                    bitcast[DType.int32, WIDTH](most / 127)
                )
                panel.unsafe_offset((quads + 1) * PANEL + lane).unsafe_store(
                    Ints(Int32(positions))
                )

        sync_parallelize(task, v.dim_size(0) * heads * count)
