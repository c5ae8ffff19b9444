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
from .matmul import PANEL, ROWS, VECTORS, WIDTH, multiply

comptime ROWS_PER_TASK = 8 * ROWS


@fieldwise_init
struct Job(Copyable, Movable):
    """The sizes of a product, in elements, and what follows it.

    `step` and `x_batch` are the distances of two rows and two batches of x, `length` is
    the rows of a batch of y with its padding, `addend_batch` is 0 if all batches share
    one addend.
    """

    var batches: Int
    var rows: Int
    var k: Int
    var n: Int
    var step: Int
    var x_batch: Int
    var length: Int
    var pad: Int
    var addend_batch: Int
    var biased: Bool
    var activate: Bool
    var add: Bool

    def join(mut self, shared: Bool):
        """Make one long batch of a dense x: a step of several rows reads each weight once.

        `shared` says that all batches have one addend.
        """
        if self.step == self.k and self.pad == 0 and not shared:
            self.rows *= self.batches
            self.length = self.rows
            self.batches = 1
        self.addend_batch = 0 if shared else self.rows * self.n

    def clear(self, y: Pointer[mut=True, Float32, _]):
        """Write the rows of zeros that pad y."""
        for batch in range(self.batches):
            for i in range(self.n * self.pad):
                var first = batch * self.length * self.n
                var last = first + (self.length - self.pad) * self.n
                y.unsafe_offset(first + i).unsafe_store(Float32(0))
                y.unsafe_offset(last + i).unsafe_store(Float32(0))


# One copy of machine code serves every shape; only the type of the weight makes another.
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
    """The product of `Linear`, tile by tile, on all threads."""

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
    def tile[height: Int](batch: Int, row: Int, p: Int) {imm}:
        var acc = multiply[height](
            x.unsafe_offset(batch * job.x_batch + row * job.step),
            job.step,
            panels.unsafe_offset(p * job.k * PANEL),
            job.k,
        )
        comptime for i in range(height):
            var at = (batch * job.length + job.pad + row + i) * job.n
            var added = batch * job.addend_batch + (row + i) * job.n
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

    # A few rows (a token step) share their work by columns, many rows by both.
    var panel_count = (job.n + PANEL - 1) // PANEL
    var panels_per_task = 16 if job.rows > ROWS else 6
    var row_tasks = (job.rows + ROWS_PER_TASK - 1) // ROWS_PER_TASK
    var panel_tasks = (panel_count + panels_per_task - 1) // panels_per_task

    def task(t: Int) {imm}:
        var batch = t // (row_tasks * panel_tasks)
        var first_row = (t // panel_tasks) % row_tasks * ROWS_PER_TASK
        var first_panel = t % panel_tasks * panels_per_task
        var last_row = min(job.rows, first_row + ROWS_PER_TASK)
        for p in range(first_panel, min(panel_count, first_panel + panels_per_task)):
            var row = first_row
            while row + ROWS <= last_row:
                tile[ROWS](batch, row, p)
                row += ROWS
            var left = last_row - row
            comptime for height in range(1, ROWS):
                if left == height:
                    tile[height](batch, row, p)

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
