"""`linear` with int8 weights: y = act(x · weightᵀ + bias) + addend.

    x ── quantise by row ────────────────▶ int8 ─┐
                                                 ├──▶ int32 ──▶ float32 ──▶ y
    weights, quantised and packed once ── int8 ──┘

A few rows (a token step) are quantised once, and the threads share the panels, so that
every weight is read once. Many rows are shared as blocks: a thread
quantises a block into its own cache and takes all panels through it.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext

from .int8 import ROWS8
from .int8_product import multiply_bytes
from .job import Job, Part
from .matmul import PANEL
from .rows import Rows


comptime FEW = 64
"""Rows of a token step: so few that the threads share the panels, not the rows."""

comptime BLOCK = 4 * ROWS8
"""Rows that a thread quantises at once, where there are many."""

comptime LARGEST_TASKS = 32
comptime SMALLEST_TASK = 32768


@always_inline
def panels_per_task(job: Job) -> Int:
    """So many that a task has something to read, and that there are tasks for all."""
    var panels = (job.n + PANEL - 1) // PANEL
    var tasks = min(LARGEST_TASKS, panels * PANEL * job.k // SMALLEST_TASK + 1)
    return (panels + tasks - 1) // tasks


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

    @always_inline
    def fill(rows: Rows, batch: Int, row: Int, count: Int) {imm}:
        var source = x.unsafe_offset(batch * job.x_batch + row * job.step)
        for i in range(count):
            rows.put(i, source.unsafe_offset(i * job.step))

    job.clear(y)
    if job.rows <= FEW:
        var each = panels_per_task(job)
        var rows = Rows(job.rows, job.k, in_bytes=True)
        for batch in range(job.batches):
            fill(rows, batch, 0, job.rows)

            def by_panels(t: Int) {imm}:
                var end = min(panel_count, (t + 1) * each)
                var part = Part(batch, 0, job.rows, t * each, end)
                multiply_bytes(job, part, y, rows, panels, bias, addend)

            sync_parallelize(by_panels, (panel_count + each - 1) // each)
        rows.free()
        return

    var row_tasks = (job.rows + BLOCK - 1) // BLOCK

    def by_rows(t: Int) {imm}:
        var batch = t // row_tasks
        var row = t % row_tasks * BLOCK
        var part = Part(batch, row, min(BLOCK, job.rows - row), 0, panel_count)
        var rows = Rows(BLOCK, job.k, in_bytes=True)
        fill(rows, batch, row, part.rows)
        multiply_bytes(job, part, y, rows, panels, bias, addend)
        rows.free()

    sync_parallelize(by_rows, job.batches * row_tasks)


@extensibility.register("whisper_int8_linear")
struct Int8Linear:
    """As `Linear`."""

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
