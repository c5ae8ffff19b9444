"""`linear` with int8 weights: y = act(x · weightᵀ + bias) + addend, as in `linear.mojo`.

    x ── quantise by row ──▶ int8 ─┐
                                   ├─ tile ──▶ int32 · scale[row] · scale[column] ──▶ y
    weights, packed once ── int8 ──┘

A few rows (a token step) are quantised once and share the panels between the threads,
so that every weight is read once. Many rows are shared as blocks: a thread quantises a
block into its own cache and takes all panels through it.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.memory import bitcast
from std.memory.alloc import unsafe_alloc

from .int8 import ROWS8, multiply_rows, quantise, stride_of
from .linear import Job, gelu
from .matmul import PANEL, VECTORS, WIDTH

comptime BLOCK = 2 * ROWS8
comptime FEW = 12
comptime PANELS_PER_TASK = 6


# One copy of machine code serves every shape.
@no_inline
def product8(
    job: Job,
    y: Pointer[mut=True, Float32, _],
    x: Pointer[Float32, _],
    panels: Pointer[Int32, _],
    bias: Pointer[Float32, _],
    addend: Pointer[Float32, _],
):
    """The product of `Int8Linear`, on all threads."""
    var panel_count = (job.n + PANEL - 1) // PANEL
    var quads = (job.k + 3) // 4
    var stride = stride_of(job.k)

    @always_inline
    def finish[
        width: Int
    ](sum: SIMD[DType.float32, width], at: Int, column: Int, added: Int) {imm}:
        var value = sum
        if job.biased:
            value += bias.unsafe_offset(column).unsafe_load[width=width]()
        if job.activate:
            value = gelu(value)
        if job.add:
            value += addend.unsafe_offset(added).unsafe_load[width=width]()
        y.unsafe_offset(at).unsafe_store(value)

    @always_inline
    def write(
        tile: Pointer[Int32, _],
        rows: Int,
        scales: Pointer[Float32, _],
        batch: Int,
        row: Int,
        p: Int,
    ) {imm}:
        var steps = panels.unsafe_offset((p * (quads + 2) + quads) * PANEL)
        for i in range(rows):
            var at = (batch * job.length + job.pad + row + i) * job.n
            var added = batch * job.addend_batch + (row + i) * job.n
            var scale = scales.unsafe_offset(i).unsafe_load[width=1]()
            for v in range(VECTORS):
                var column = p * PANEL + v * WIDTH
                var step = bitcast[DType.float32, WIDTH](
                    steps.unsafe_offset(v * WIDTH).unsafe_load[width=WIDTH]()
                )
                var sum = tile.unsafe_offset(i * PANEL + v * WIDTH).unsafe_load[
                    width=WIDTH
                ]()
                var value = sum.cast[DType.float32]() * (step * scale)
                if column + WIDTH <= job.n:
                    finish[WIDTH](value, at + column, column, added + column)
                else:
                    for lane in range(job.n - column):
                        var j = column + lane
                        finish[1](value[lane], at + j, j, added + j)

    @always_inline
    def block(
        a: Pointer[Int32, _],
        scales: Pointer[Float32, _],
        rows: Int,
        batch: Int,
        first_row: Int,
        first_panel: Int,
        last_panel: Int,
    ) {imm}:
        var tile = unsafe_alloc[Int32](ROWS8 * PANEL)
        for p in range(first_panel, last_panel):
            for row in range(0, rows, ROWS8):
                var height = min(ROWS8, rows - row)
                multiply_rows(
                    height,
                    tile,
                    a.unsafe_offset(row * stride),
                    stride,
                    panels.unsafe_offset(p * (quads + 2) * PANEL),
                    quads,
                )
                write(
                    tile, height, scales.unsafe_offset(row), batch, first_row + row, p
                )
        tile.unsafe_free()

    @always_inline
    def quantise_rows(
        a: Pointer[mut=True, Int32, _],
        scales: Pointer[mut=True, Float32, _],
        rows: Int,
        batch: Int,
        first_row: Int,
    ) {imm}:
        for i in range(rows):
            var source = x.unsafe_offset(batch * job.x_batch + (first_row + i) * job.step)
            scales.unsafe_offset(i).unsafe_store(
                quantise(a.unsafe_offset(i * stride), source, job.k)
            )

    job.clear(y)
    if job.rows <= FEW:
        var a = unsafe_alloc[Int32](job.rows * stride)
        var scales = unsafe_alloc[Float32](job.rows)
        for batch in range(job.batches):
            quantise_rows(a, scales, job.rows, batch, 0)

            def by_panels(t: Int) {imm}:
                var last = min(panel_count, (t + 1) * PANELS_PER_TASK)
                block(a, scales, job.rows, batch, 0, t * PANELS_PER_TASK, last)

            sync_parallelize(
                by_panels, (panel_count + PANELS_PER_TASK - 1) // PANELS_PER_TASK
            )
        a.unsafe_free()
        scales.unsafe_free()
        return

    var row_tasks = (job.rows + BLOCK - 1) // BLOCK

    def by_rows(t: Int) {imm}:
        var batch = t // row_tasks
        var first_row = t % row_tasks * BLOCK
        var rows = min(BLOCK, job.rows - first_row)
        var a = unsafe_alloc[Int32](BLOCK * stride)
        var scales = unsafe_alloc[Float32](BLOCK)
        quantise_rows(a, scales, rows, batch, first_row)
        block(a, scales, rows, batch, first_row, 0, panel_count)
        a.unsafe_free()
        scales.unsafe_free()

    sync_parallelize(by_rows, job.batches * row_tasks)


@extensibility.register("whisper_int8_linear")
struct Int8Linear:
    """As `Linear`; a row of x is `taps` rows of its memory."""

    @staticmethod
    def execute[
        target: StaticString,
        biased: Bool,
        activate: Bool,
        add: Bool,
        stride: Int,
        pad: Int,
        taps: Int,
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        panels: InputTensor[dtype=DType.int32, rank=3, ...],
        bias: InputTensor[dtype=DType.float32, rank=1, ...],
        addend: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        var job = Job(
            batches=y.dim_size(0),
            rows=y.dim_size(1) - 2 * pad,
            k=taps * x.dim_size(2),
            n=y.dim_size(2),
            step=stride * x.dim_size(2),
            x_batch=x.dim_size(1) * x.dim_size(2),
            length=y.dim_size(1),
            pad=pad,
            addend_batch=0,
            biased=biased,
            activate=activate,
            add=add,
        )
        job.join(shared=add and addend.dim_size(0) < y.dim_size(0))
        product8(
            job,
            y.unsafe_ptr(),
            x.unsafe_ptr(),
            panels.unsafe_ptr(),
            bias.unsafe_ptr(),
            addend.unsafe_ptr(),
        )
