"""Products of few rows on a GPU: the linear layers of a token step.

A step reads every weight once for a handful of rows, so it lasts as long as that reading.
A block makes eight columns of up to 64 rows; its warps take turns at the depth, 32 values
at a time, and their sums are joined in the end.

    y [rows, columns]  =  gelu( x [rows, depth] · w [columns, depth]ᵀ + bias ) + add

Each thread reads 16 bytes of a row. The matrix units want other values of a thread, but
which of the depth's places a value is said to be at makes no difference to a sum, as long
as both factors say the same.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu import barrier, block_idx, thread_idx
from max.gpu.compute.mma import mma
from max.gpu.host import DeviceContext
from std.math import ceildiv, erf
from std.memory import unsafe_stack_allocation
from std.utils import StaticTuple

comptime WARPS = 8
comptime THREADS = WARPS * 32
comptime COLUMNS = 8
"""Of a block."""
comptime TILE = 16
"""Rows that the matrix units take at once."""
comptime TILES = 4
comptime CHUNK = 32
"""Values of the depth in a turn of a warp."""
comptime PART = TILES * TILE * COLUMNS
"""Sums of a warp."""
comptime AHEAD = 4
"""Turns whose weights are under way at once."""


def multiply[
    type: DType, result: DType, gelu: Bool, biased: Bool, adds: Bool
](
    y: Pointer[Scalar[result], MutAnyOrigin],
    x: Pointer[Scalar[type], ImmutAnyOrigin],
    w: Pointer[Scalar[type], ImmutAnyOrigin],
    bias: Pointer[Scalar[type], ImmutAnyOrigin],
    add: Pointer[Scalar[type], ImmutAnyOrigin],
    row_count: Int32,
    column_count: Int32,
    value_count: Int32,
):
    """Eight columns of some rows."""
    comptime Eight = SIMD[type, 8]
    comptime STRIDE = WARPS * CHUNK
    var rows = Int(row_count)
    var depth = Int(value_count)
    var thread = Int(thread_idx.x)
    var warp = thread // 32
    # A group of four threads has a row of both factors, a quarter a place in it.
    var group = thread % 32 // 4
    var quarter = thread % 4 * 8
    # Blocks that share columns follow one another, so that weights come from memory once.
    var row = Int(block_idx.x) * TILE * TILES
    var column = Int(block_idx.y) * COLUMNS
    var tiles = min(TILES, ceildiv(rows - row, TILE))
    var weights = w.unsafe_offset((column + group) * depth + quarter)

    var sums = StaticTuple[SIMD[DType.float32, 4], TILES](
        fill=SIMD[DType.float32, 4](0)
    )
    for turn in range(warp * CHUNK, depth, STRIDE * AHEAD):
        var some = StaticTuple[Eight, AHEAD](fill=Eight(0))
        comptime for i in range(AHEAD):
            var place = turn + i * STRIDE
            if place < depth:
                some[i] = weights.unsafe_offset(place).unsafe_load[
                    width=8, alignment=16
                ]()
        comptime for i in range(AHEAD):
            var place = turn + i * STRIDE
            if place < depth:
                comptime for t in range(TILES):
                    if t < tiles:
                        var first = row + t * TILE + group
                        # A row beyond the last is read as the last, and not written.
                        var upper = x.unsafe_offset(
                            min(first, rows - 1) * depth + place + quarter
                        ).unsafe_load[width=8, alignment=16]()
                        var lower = x.unsafe_offset(
                            min(first + 8, rows - 1) * depth + place + quarter
                        ).unsafe_load[width=8, alignment=16]()
                        comptime for half in range(2):
                            var a = Eight(0)
                            var b = SIMD[type, 4](0)
                            comptime for j in range(2):
                                a[j] = upper[half * 4 + j]
                                a[j + 2] = lower[half * 4 + j]
                                a[j + 4] = upper[half * 4 + 2 + j]
                                a[j + 6] = lower[half * 4 + 2 + j]
                                b[j] = some[i][half * 4 + j]
                                b[j + 2] = some[i][half * 4 + 2 + j]
                            var sum = sums[t]
                            mma(sum, a, b, sums[t])
                            sums[t] = sum

    var parts = unsafe_stack_allocation[
        WARPS * PART, Float32, address_space=AddressSpace.SHARED
    ]()
    comptime for t in range(TILES):
        comptime for i in range(4):
            var at = t * TILE + group + i // 2 * 8
            var place = warp * PART + at * COLUMNS + thread % 4 * 2 + i % 2
            parts[unsafe_offset=place] = sums[t][i]
    barrier()
    for i in range(thread, tiles * TILE * COLUMNS, THREADS):
        var here = row + i // COLUMNS
        if here < rows:
            var sum = Float32(0)
            comptime for part in range(WARPS):
                sum += parts[unsafe_offset=part * PART + i]
            var there = column + i % COLUMNS
            comptime if biased:
                sum += bias[unsafe_offset=there].cast[DType.float32]()
            comptime if gelu:
                sum = 0.5 * sum * (1 + erf(sum * 0.7071067811865476))
            var sink = here * Int(column_count) + there
            comptime if adds:
                sum += add[unsafe_offset=sink].cast[DType.float32]()
            y[unsafe_offset=sink] = sum.cast[result]()


@extensibility.register("whisper_gpu_linear")
struct Linear:
    """`[B, T, depth]` to `[B, T, columns]`; both a multiple of 32 and of 8. What is not
    `biased` or does not `add` is given any tensor in its place.
    """

    @staticmethod
    def execute[
        target: StaticString,
        type: DType,
        result: DType,
        gelu: Bool,
        biased: Bool,
        adds: Bool,
    ](
        y: OutputTensor[dtype=result, rank=3, ...],
        x: InputTensor[dtype=type, rank=3, ...],
        w: InputTensor[dtype=type, rank=2, ...],
        bias: InputTensor[dtype=type, rank=1, ...],
        add: InputTensor[dtype=type, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        var rows = x.dim_size(0) * x.dim_size(1)
        var columns = w.dim_size(0)
        ctx.enqueue_function[multiply[type, result, gelu, biased, adds]](
            y.to_device_buffer(ctx),
            x.to_device_buffer(ctx),
            w.to_device_buffer(ctx),
            bias.to_device_buffer(ctx),
            add.to_device_buffer(ctx),
            Int32(rows),
            Int32(columns),
            Int32(w.dim_size(1)),
            grid_dim=(ceildiv(rows, TILE * TILES), columns // COLUMNS),
            block_dim=THREADS,
        )
