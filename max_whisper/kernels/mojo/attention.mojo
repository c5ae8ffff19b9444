"""`attention`: softmax(q · kᵀ / √head_size) · v, where every query sees every position.

The encoder's self-attention and the decoder's cross-attention are this one operation;
what differs is how many queries share a window's keys and values.

    q            [batch, queries, heads · head_size]
    keys         [batch, heads, ⌈positions/32⌉, head_size, 32]    panels of kᵀ
    values       [batch, heads, ⌈head_size/32⌉, positions, 32]    panels of v

For a few queries at a time, one head's scores over all positions stay in the cache:

    q tile × key panels → scores (rows × positions) → exp → × value panels → out tile

`pack_keys` and `pack_values` make the panels, once a layer or once a window.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.math import exp, sqrt
from std.memory.alloc import unsafe_alloc
from std.utils import StaticTuple

from .matmul import PANEL, ROWS, VECTORS, WIDTH, Vector, multiply

comptime TILES_PER_TASK = 8
comptime MINUS_INFINITY = Float32.MIN


@extensibility.register("whisper_pack_keys")
struct PackKeys:
    """Keys `[batch, positions, heads · head_size]` to panels of kᵀ."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        panels: OutputTensor[dtype=DType.float32, rank=5, ...],
        k: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        var heads = panels.dim_size(1)
        var count = panels.dim_size(2)
        var size = panels.dim_size(3)
        var positions = k.dim_size(1)
        var width = k.dim_size(2)
        var source = k.unsafe_ptr()
        var sink = panels.unsafe_ptr()

        def task(t: Int) {imm}:
            var batch = t // (heads * count)
            var head = t // count % heads
            var first = t % count * PANEL
            var rows = min(PANEL, positions - first)
            var at = (batch * positions + first) * width + head * size
            for i in range(size):
                var panel = sink.unsafe_offset((t * size + i) * PANEL)
                for row in range(rows):
                    panel.unsafe_offset(row).unsafe_store(
                        source.unsafe_offset(at + row * width + i).unsafe_load[width=1]()
                    )
                for row in range(rows, PANEL):
                    panel.unsafe_offset(row).unsafe_store(Float32(0))

        sync_parallelize(task, k.dim_size(0) * heads * count)


@extensibility.register("whisper_pack_values")
struct PackValues:
    """Values `[batch, positions, heads · head_size]` to panels of v."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        panels: OutputTensor[dtype=DType.float32, rank=5, ...],
        v: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        var heads = panels.dim_size(1)
        var count = panels.dim_size(2)
        var positions = v.dim_size(1)
        var width = v.dim_size(2)
        var size = width // heads
        var source = v.unsafe_ptr()
        var sink = panels.unsafe_ptr()

        def task(t: Int) {imm}:
            var batch = t // (heads * count)
            var head = t // count % heads
            var first = t % count * PANEL
            var columns = min(PANEL, size - first)
            for position in range(positions):
                var row = source.unsafe_offset(
                    (batch * positions + position) * width + head * size + first
                )
                var panel = sink.unsafe_offset((t * positions + position) * PANEL)
                for i in range(columns):
                    panel.unsafe_offset(i).unsafe_store(
                        row.unsafe_offset(i).unsafe_load[width=1]()
                    )
                for i in range(columns, PANEL):
                    panel.unsafe_offset(i).unsafe_store(Float32(0))

        sync_parallelize(task, v.dim_size(0) * heads * count)


@always_inline
def soften(scores: Pointer[mut=True, Float32, _], positions: Int) -> Float32:
    """Turn one row of scores into exp(score - best); return one over their sum.

    The row is as long as its panels; past `positions` it becomes zero.
    """
    var end = (positions + PANEL - 1) // PANEL * PANEL
    for i in range(positions, end):
        scores.unsafe_offset(i).unsafe_store(MINUS_INFINITY)
    var best = Vector(MINUS_INFINITY)
    for i in range(0, end, WIDTH):
        best = max(best, scores.unsafe_offset(i).unsafe_load[width=WIDTH]())
    var most = best.reduce_max()
    var sums = Vector(0)
    for i in range(0, end, WIDTH):
        var e = exp(scores.unsafe_offset(i).unsafe_load[width=WIDTH]() - most)
        scores.unsafe_offset(i).unsafe_store(e)
        sums += e
    return 1 / sums.reduce_add()


@fieldwise_init
struct Sizes(Copyable, Movable):
    """The sizes of an attention; `width` is heads · head size."""

    var batches: Int
    var queries: Int
    var width: Int
    var heads: Int
    var size: Int
    var positions: Int


# One copy of machine code serves encoder and decoder, whatever their shapes.
@no_inline
def attend(
    sizes: Sizes,
    y: Pointer[mut=True, Float32, _],
    q: Pointer[Float32, _],
    keys: Pointer[Float32, _],
    values: Pointer[Float32, _],
):
    """The attention of `Attention`, a few queries of one head at a time."""
    var size = sizes.size
    var width = sizes.width
    var positions = sizes.positions
    var key_panels = (positions + PANEL - 1) // PANEL
    var value_panels = (size + PANEL - 1) // PANEL
    var padded = key_panels * PANEL
    var scale = 1 / sqrt(Float32(size))

    @always_inline
    def tile[
        rows: Int
    ](plane: Int, row: Int, scores: Pointer[mut=True, Float32, _]) {imm}:
        var batch = plane // sizes.heads
        var head = plane % sizes.heads
        var at = (batch * sizes.queries + row) * width + head * size
        for p in range(key_panels):
            var panel = keys.unsafe_offset((plane * key_panels + p) * size * PANEL)
            var acc = multiply[rows](q.unsafe_offset(at), width, panel, size)
            comptime for i in range(rows):
                comptime for v in range(VECTORS):
                    scores.unsafe_offset(
                        i * padded + p * PANEL + v * WIDTH
                    ).unsafe_store(acc[i * VECTORS + v] * scale)

        var shares = StaticTuple[Float32, rows](fill=0)
        comptime for i in range(rows):
            shares[i] = soften(scores.unsafe_offset(i * padded), positions)

        for p in range(value_panels):
            var panel = values.unsafe_offset(
                (plane * value_panels + p) * positions * PANEL
            )
            var acc = multiply[rows](scores, padded, panel, positions)
            comptime for i in range(rows):
                var sink = y.unsafe_offset(at + i * width + p * PANEL)
                comptime for v in range(VECTORS):
                    var value = acc[i * VECTORS + v] * shares[i]
                    comptime offset = v * WIDTH
                    var left = size - p * PANEL - offset
                    if left >= WIDTH:
                        sink.unsafe_offset(offset).unsafe_store(value)
                    else:
                        for lane in range(left):
                            sink.unsafe_offset(offset + lane).unsafe_store(value[lane])

    var rows_per_task = TILES_PER_TASK * ROWS
    var row_tasks = (sizes.queries + rows_per_task - 1) // rows_per_task

    def task(t: Int) {imm}:
        var plane = t // row_tasks
        var row = t % row_tasks * rows_per_task
        var last = min(sizes.queries, row + rows_per_task)
        var scores = unsafe_alloc[Float32](ROWS * padded)
        while row + ROWS <= last:
            tile[ROWS](plane, row, scores)
            row += ROWS
        var left = last - row
        comptime for rows in range(1, ROWS):
            if left == rows:
                tile[rows](plane, row, scores)
        scores.unsafe_free()

    sync_parallelize(task, sizes.batches * sizes.heads * row_tasks)


@extensibility.register("whisper_attention")
struct Attention:
    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        q: InputTensor[dtype=DType.float32, rank=3, ...],
        keys: InputTensor[dtype=DType.float32, rank=5, ...],
        values: InputTensor[dtype=DType.float32, rank=5, ...],
        ctx: DeviceContext,
    ) raises:
        var sizes = Sizes(
            batches=q.dim_size(0),
            queries=q.dim_size(1),
            width=q.dim_size(2),
            heads=keys.dim_size(1),
            size=keys.dim_size(3),
            positions=values.dim_size(3),
        )
        attend(
            sizes,
            y.unsafe_ptr(),
            q.unsafe_ptr(),
            keys.unsafe_ptr(),
            values.unsafe_ptr(),
        )
