"""`layer_norm`: y = (x - mean) / sqrt(variance + 1e-5) · weight + bias, row by row."""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.math import sqrt

from .matmul import WIDTH, Vector

comptime ROWS_PER_TASK = 64


@always_inline
def normalise(
    y: Pointer[mut=True, Float32, _],
    x: Pointer[Float32, _],
    weight: Pointer[Float32, _],
    bias: Pointer[Float32, _],
    d: Int,
):
    """One row of `d` values."""
    var whole = d // WIDTH * WIDTH
    var sums = Vector(0)
    for i in range(0, whole, WIDTH):
        sums += x.unsafe_offset(i).unsafe_load[width=WIDTH]()
    var sum = sums.reduce_add()
    for i in range(whole, d):
        sum += x.unsafe_offset(i).unsafe_load[width=1]()
    var mean = sum / Float32(d)

    var squares = Vector(0)
    for i in range(0, whole, WIDTH):
        var c = x.unsafe_offset(i).unsafe_load[width=WIDTH]() - mean
        squares = c.fma(c, squares)
    var square = squares.reduce_add()
    for i in range(whole, d):
        var c = x.unsafe_offset(i).unsafe_load[width=1]() - mean
        square += c * c
    var scale = 1 / sqrt(square / Float32(d) + 1e-5)

    @always_inline
    def write[width: Int](i: Int) {imm}:
        var c = (x.unsafe_offset(i).unsafe_load[width=width]() - mean) * scale
        y.unsafe_offset(i).unsafe_store(
            c.fma(
                weight.unsafe_offset(i).unsafe_load[width=width](),
                bias.unsafe_offset(i).unsafe_load[width=width](),
            )
        )

    for i in range(0, whole, WIDTH):
        write[WIDTH](i)
    for i in range(whole, d):
        write[1](i)


@extensibility.register("whisper_layer_norm")
struct LayerNorm:
    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        weight: InputTensor[dtype=DType.float32, rank=1, ...],
        bias: InputTensor[dtype=DType.float32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        var rows = x.dim_size(0) * x.dim_size(1)
        var d = x.dim_size(2)
        var xp = x.unsafe_ptr()
        var yp = y.unsafe_ptr()
        var wp = weight.unsafe_ptr()
        var bp = bias.unsafe_ptr()

        def task(t: Int) {imm}:
            for row in range(t * ROWS_PER_TASK, min(rows, (t + 1) * ROWS_PER_TASK)):
                normalise(
                    yp.unsafe_offset(row * d), xp.unsafe_offset(row * d), wp, bp, d
                )

        sync_parallelize(task, (rows + ROWS_PER_TASK - 1) // ROWS_PER_TASK)
