"""The part of an int8 product that one thread does: some rows times some panels.

    bytes × panel ──▶ int32 ──▶ · scale[row] · scale[column] + bias ──▶ GELU ──▶ + addend

What comes of a row depends on that row alone, not on how many are beside it.
"""

from std.memory.alloc import unsafe_alloc

from .gelu import near_gelu
from .int8 import ROWS8, floats, multiply_rows
from .job import Job, Part
from .matmul import PANEL, WIDTH
from .rows import Rows


# One copy of machine code serves every shape.
@no_inline
def multiply_bytes(
    job: Job,
    part: Part,
    y: Pointer[mut=True, Float32, _],
    x: Rows,
    panels: Pointer[Int32, _],
    bias: Pointer[Float32, _],
    addend: Pointer[Float32, _],
):
    """Take the panels through the rows, tile by tile; x begins with the part's first."""
    var quads = (job.k + 3) // 4
    var tile = unsafe_alloc[Int32](part.rows * PANEL)
    # Facts of the job by name: what is stored might else be one of them.
    var n = job.n
    var biased = job.biased
    var activate = job.activate
    var add = job.add
    var rows = part.rows
    var first = (part.batch * job.length + job.pad + part.row) * n
    var first_added = part.batch * job.addend_batch + part.row * n

    @always_inline
    def write[width: Int](p: Int, lane: Int) {imm}:
        """So many columns of all rows."""
        var column = p * PANEL + lane
        var scale = panels.unsafe_offset((p * (quads + 2) + quads) * PANEL + lane)
        var step = floats[width](scale)
        var shift = SIMD[DType.float32, width](0)
        if biased:
            shift = bias.unsafe_offset(column).unsafe_load[width=width]()
        for i in range(rows):
            var found = tile.unsafe_offset(i * PANEL + lane)
            var value = found.unsafe_load[width=width]().cast[DType.float32]()
            value = value * (step * x.scales.unsafe_offset(i).unsafe_load[width=1]())
            value += shift
            if activate:
                value = near_gelu(value)
            if add:
                var at = first_added + i * n + column
                value += addend.unsafe_offset(at).unsafe_load[width=width]()
            y.unsafe_offset(first + i * n + column).unsafe_store(value)

    for p in range(part.panel, part.end):
        for i in range(0, rows, ROWS8):
            multiply_rows(
                min(ROWS8, rows - i),
                tile.unsafe_offset(i * PANEL),
                x.memory.unsafe_offset(i * x.stride),
                x.stride,
                panels.unsafe_offset(p * (quads + 2) * PANEL),
                quads,
            )
        for lane in range(0, min(PANEL, n - p * PANEL), WIDTH):
            if p * PANEL + lane + WIDTH <= n:
                write[WIDTH](p, lane)
            else:
                for last in range(lane, n - p * PANEL):
                    write[1](p, last)
    tile.unsafe_free()
