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
from std.math import erf

from .matmul import PANEL, ROWS, VECTORS, WIDTH, Vector, multiply

comptime ROWS_PER_TASK = 8 * ROWS
comptime PANELS_PER_TASK = 16


@always_inline
def gelu(x: Vector) -> Vector:
    """GELU, x · Φ(x), with the exact error function, as `torch.nn.functional.gelu`."""
    return 0.5 * x * (1 + erf(x * 0.7071067811865476))


@extensibility.register("whisper_linear")
struct Linear:
    @staticmethod
    def execute[
        target: StaticString,
        weight_type: DType,
        biased: Bool,
        activate: Bool,
        add: Bool,
        stride: Int,
        pad: Int,
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        panels: InputTensor[dtype=weight_type, rank=3, ...],
        bias: InputTensor[dtype=DType.float32, rank=1, ...],
        addend: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        var batches = y.dim_size(0)
        var length = y.dim_size(1)
        var n = y.dim_size(2)
        var rows = length - 2 * pad
        var k = panels.dim_size(1)
        var step = stride * x.dim_size(2)
        var x_batch = x.dim_size(1) * x.dim_size(2)
        var addend_batch = rows * n if addend.dim_size(0) == batches else 0
        var panel_count = panels.dim_size(0)
        var xp = x.unsafe_ptr()
        var wp = panels.unsafe_ptr()
        var bp = bias.unsafe_ptr()
        var ap = addend.unsafe_ptr()
        var yp = y.unsafe_ptr()

        # A dense x is one long batch: a step of several rows reads each weight once.
        if stride == 1 and pad == 0 and k == x.dim_size(2) and not (
            add and addend_batch == 0
        ):
            rows *= batches
            length = rows
            batches = 1

        @always_inline
        def tile[height: Int](batch: Int, row: Int, p: Int) {imm}:
            var acc = multiply[height](
                xp.unsafe_offset(batch * x_batch + row * step),
                step,
                wp.unsafe_offset(p * k * PANEL),
                k,
            )
            var column = p * PANEL
            var whole = column + PANEL <= n
            comptime for i in range(height):
                var at = (batch * length + pad + row + i) * n + column
                var from_ = batch * addend_batch + (row + i) * n + column
                comptime for v in range(VECTORS):
                    comptime offset = v * WIDTH
                    if whole:
                        var value = acc[i * VECTORS + v]
                        comptime if biased:
                            value += bp.unsafe_offset(column + offset).unsafe_load[
                                width=WIDTH
                            ]()
                        comptime if activate:
                            value = gelu(value)
                        comptime if add:
                            value += ap.unsafe_offset(from_ + offset).unsafe_load[
                                width=WIDTH
                            ]()
                        yp.unsafe_offset(at + offset).unsafe_store(value)
                    else:
                        for lane in range(min(WIDTH, n - column - offset)):
                            var value = acc[i * VECTORS + v][lane]
                            comptime if biased:
                                value += bp.unsafe_offset(
                                    column + offset + lane
                                ).unsafe_load[width=1]()
                            comptime if activate:
                                value = gelu(Vector(value))[0]
                            comptime if add:
                                value += ap.unsafe_offset(
                                    from_ + offset + lane
                                ).unsafe_load[width=1]()
                            yp.unsafe_offset(at + offset + lane).unsafe_store(value)

        var row_tasks = (rows + ROWS_PER_TASK - 1) // ROWS_PER_TASK
        var panel_tasks = (panel_count + PANELS_PER_TASK - 1) // PANELS_PER_TASK

        def task(t: Int) {imm}:
            var batch = t // (row_tasks * panel_tasks)
            var first_row = (t // panel_tasks) % row_tasks * ROWS_PER_TASK
            var first_panel = t % panel_tasks * PANELS_PER_TASK
            var last_row = min(rows, first_row + ROWS_PER_TASK)
            for p in range(first_panel, min(panel_count, first_panel + PANELS_PER_TASK)):
                var row = first_row
                while row + ROWS <= last_row:
                    tile[ROWS](batch, row, p)
                    row += ROWS
                var left = last_row - row
                comptime for height in range(1, ROWS):
                    if left == height:
                        tile[height](batch, row, p)

        comptime if pad > 0:
            for batch in range(batches):
                for i in range(n * pad):
                    yp.unsafe_offset(batch * length * n + i).unsafe_store(Float32(0))
                    yp.unsafe_offset(((batch + 1) * length - pad) * n + i).unsafe_store(
                        Float32(0)
                    )
        sync_parallelize(task, batches * row_tasks * panel_tasks)
