"""The part of an int8 product that one thread does: some rows times some panels.

      byte₁ × panel ──▶ int32 ─┐
                               ├──▶ · scale[row] · scale[column] + bias ──▶ GELU ──▶ + addend
    ( byte₂ × panel ──▶ / 254 ─┘ )

What comes of a row depends on that row alone, not on how many are beside it.
"""

from std.memory.alloc import unsafe_alloc

from .gelu import near_gelu
from .int8 import ROWS8, floats, multiply_rows
from .int8_rows import Rows
from .linear import Job
from .matmul import PANEL, WIDTH

comptime FEW = 64
"""Rows of a token step: so few that the threads share the panels, not the rows."""

comptime BLOCK = 4 * ROWS8
"""Rows that a thread quantises at once, where there are many."""

comptime LARGEST_TASKS = 32
comptime SMALLEST_TASK = 32768


@fieldwise_init
struct Part(Copyable, Movable):
    """Some rows of a batch, and some panels: from `panel` to before `end`."""

    var batch: Int
    var row: Int
    var rows: Int
    var panel: Int
    var end: Int


@always_inline
def dense(
    rows: Int, k: Int, n: Int, *, biased: Bool = True, activate: Bool = False
) -> Job:
    """A linear layer of so many rows, onto nothing."""
    return Job(
        batches=1,
        rows=rows,
        k=k,
        n=n,
        step=k,
        x_batch=0,
        length=rows,
        pad=0,
        addend_batch=0,
        biased=biased,
        activate=activate,
        add=False,
    )


@always_inline
def onto(job: Job) -> Job:
    """The same onto a residual."""
    var found = job.copy()
    found.add = True
    return found^


@always_inline
def panels_per_task(job: Job) -> Int:
    """So many that a task has something to read, and that there are tasks for all."""
    var panels = (job.n + PANEL - 1) // PANEL
    var tasks = min(LARGEST_TASKS, panels * PANEL * job.k // SMALLEST_TASK + 1)
    return (panels + tasks - 1) // tasks


# One copy of machine code serves every shape.
@no_inline
def multiply_part(
    job: Job,
    part: Part,
    y: Pointer[mut=True, Float32, _],
    x: Rows,
    panels: Pointer[Int32, _],
    bias: Pointer[Float32, _],
    addend: Pointer[Float32, _],
):
    """Take the panels through the rows, tile by tile."""
    var quads = (job.k + 3) // 4
    var height = x.parts * part.rows
    var tile = unsafe_alloc[Int32](height * PANEL)

    @always_inline
    def finish[
        width: Int
    ](sum: SIMD[DType.float32, width], at: Int, column: Int, added: Int) {imm}:
        var value = sum
        if job.biased:
            value += bias.unsafe_offset(column).unsafe_load[width=width]()
        if job.activate:
            value = near_gelu(value)
        if job.add:
            value += addend.unsafe_offset(added).unsafe_load[width=width]()
        y.unsafe_offset(at).unsafe_store(value)

    @always_inline
    def write(p: Int) {imm}:
        var steps = (p * (quads + 2) + quads) * PANEL
        for i in range(part.rows):
            var row = part.row + i
            var at = (part.batch * job.length + job.pad + row) * job.n
            var added = part.batch * job.addend_batch + row * job.n
            var scale = x.scales.unsafe_offset(i).unsafe_load[width=1]()
            for v in range(0, PANEL, WIDTH):
                var found = tile.unsafe_offset(i * PANEL + v)
                var rest = found.unsafe_offset(part.rows * PANEL)
                var sum = found.unsafe_load[width=WIDTH]().cast[DType.float32]()
                if x.parts == 2:
                    sum += rest.unsafe_load[width=WIDTH]().cast[DType.float32]() / 254
                sum *= floats(panels, steps + v) * scale
                var column = p * PANEL + v
                if column + WIDTH <= job.n:
                    finish[WIDTH](sum, at + column, column, added + column)
                else:
                    for lane in range(job.n - column):
                        var j = column + lane
                        finish[1](sum[lane], at + j, j, added + j)

    for p in range(part.panel, part.end):
        for i in range(0, height, ROWS8):
            multiply_rows(
                min(ROWS8, height - i),
                tile.unsafe_offset(i * PANEL),
                x.bytes.unsafe_offset(i * x.stride),
                x.stride,
                panels.unsafe_offset(p * (quads + 2) * PANEL),
                quads,
            )
        write(p)
    tile.unsafe_free()
