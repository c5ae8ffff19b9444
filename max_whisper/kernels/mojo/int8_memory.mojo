"""Keys and values of an attention, quantised into panels as they come.

Keys have a scale for each position, values one for each channel, so that both are a
matrix of weights as `int8.mojo` has them: keys `[positions, head_size]`, and values the
other way round, `[head_size, positions]`. Probabilities have no offset to take off, so
the last line of a panel of values has the number of positions instead of sums.
"""

from std.memory import bitcast
from std.memory.alloc import unsafe_alloc
from std.utils import StaticTuple

from .int8 import Ints, dot
from .matmul import PANEL, VECTORS, WIDTH, Vector
from .rows import quantise, stride_of
from .vectors import larger


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
