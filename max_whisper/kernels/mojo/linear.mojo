"""`linear`: y = act(x · weightᵀ + bias) + addend, over rows that may overlap.

Row `t` of batch `b` of the left matrix begins at `x[b, t * stride, 0]` and is `k`
values long. With `stride = 1` and `k` the width of x this is a linear layer. With `k`
three widths it is a convolution of three taps over an x that is padded by one row at
each end, without ever copying a patch:

    x    ┌row 0┬row 1┬row 2┬row 3┬ …        stride 1: rows 0-2, 1-3, 2-4, …
         └──── k = 3 widths ───┘            stride 2: rows 0-2, 2-4, 4-6, …

`pad` leaves that many rows of zeros at both ends of each batch of y, for the next
convolution to read.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext

from .gelu import gelu
from .job import Job, Part
from .matmul import PANEL, ROWS, VECTORS, WIDTH, multiply

comptime ROWS_PER_TASK = 8 * ROWS


# One copy of machine code serves every shape; only the type of the weight makes another.
@no_inline
def multiply_floats[
    weight_type: DType
](
    job: Job,
    part: Part,
    y: Pointer[mut=True, Float32, _],
    x: Pointer[Float32, _],
    panels: Pointer[Scalar[weight_type], _],
    bias: Pointer[Float32, _],
    addend: Pointer[Float32, _],
):
    """Take the panels through the rows, tile by tile; x begins with the part's first."""

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
    def tile[height: Int](first: Int, p: Int) {imm}:
        var acc = multiply[height](
            x.unsafe_offset(first * job.step),
            job.step,
            panels.unsafe_offset(p * job.k * PANEL),
            job.k,
        )
        comptime for i in range(height):
            var row = part.row + first + i
            var at = (part.batch * job.length + job.pad + row) * job.n
            var added = part.batch * job.addend_batch + row * job.n
            comptime for v in range(VECTORS):
                var column = p * PANEL + v * WIDTH
                if column + WIDTH <= job.n:
                    finish[WIDTH](
                        acc[i * VECTORS + v], at + column, column, added + column
                    )
                else:
                    for lane in range(job.n - column):
                        var j = column + lane
                        finish[1](acc[i * VECTORS + v][lane], at + j, j, added + j)

    for p in range(part.panel, part.end):
        var row = 0
        while row + ROWS <= part.rows:
            tile[ROWS](row, p)
            row += ROWS
        comptime for height in range(1, ROWS):
            if part.rows - row == height:
                tile[height](row, p)


@no_inline
def product[
    weight_type: DType
](
    job: Job,
    y: Pointer[mut=True, Float32, _],
    x: Pointer[Float32, _],
    panels: Pointer[Scalar[weight_type], _],
    bias: Pointer[Float32, _],
    addend: Pointer[Float32, _],
):
    """The product of `Linear`, on all threads."""
    # A few rows (a token step) share their work by columns, many rows by both.
    var panel_count = (job.n + PANEL - 1) // PANEL
    var each = 16 if job.rows > ROWS else 6
    var row_tasks = (job.rows + ROWS_PER_TASK - 1) // ROWS_PER_TASK
    var panel_tasks = (panel_count + each - 1) // each

    def task(t: Int) {imm}:
        var batch = t // (row_tasks * panel_tasks)
        var row = (t // panel_tasks) % row_tasks * ROWS_PER_TASK
        var panel = t % panel_tasks * each
        var rows = min(ROWS_PER_TASK, job.rows - row)
        multiply_floats[weight_type](
            job,
            Part(batch, row, rows, panel, min(panel_count, panel + each)),
            y,
            x.unsafe_offset(batch * job.x_batch + row * job.step),
            panels,
            bias,
            addend,
        )

    job.clear(y)
    sync_parallelize(task, job.batches * row_tasks * panel_tasks)


@extensibility.register("whisper_linear")
struct Linear:
    """`biased`, `activate` and `add` say which of bias, GELU and addend there are; a row of
    the left matrix is `taps` rows of x."""

    @staticmethod
    def execute[
        target: StaticString,
        weight_type: DType,
        biased: Bool,
        activate: Bool,
        add: Bool,
        stride: Int,
        pad: Int,
        taps: Int,
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        panels: InputTensor[dtype=weight_type, rank=3, ...],
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
        product[weight_type](
            job,
            y.unsafe_ptr(),
            x.unsafe_ptr(),
            panels.unsafe_ptr(),
            bias.unsafe_ptr(),
            addend.unsafe_ptr(),
        )
