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
from std.memory.alloc import unsafe_alloc
from std.math import exp, sqrt

from .matmul import PANEL, ROWS, VECTORS, WIDTH, Vector, multiply

comptime TILES_PER_TASK = 8
comptime MINUS_INFINITY = Float32.MIN


@extensibility.register("whisper_pack_keys")
struct PackKeys:
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
            var batch = t // heads
            var head = t % heads
            for p in range(count):
                var panel = sink.unsafe_offset((t * count + p) * size * PANEL)
                for column in range(PANEL):
                    var position = p * PANEL + column
                    var row = source.unsafe_offset(
                        (batch * positions + position) * width + head * size
                    )
                    for i in range(size):
                        var value = Float32(0)
                        if position < positions:
                            value = row.unsafe_offset(i).unsafe_load[width=1]()
                        panel.unsafe_offset(i * PANEL + column).unsafe_store(value)

        sync_parallelize(task, k.dim_size(0) * heads)


@extensibility.register("whisper_pack_values")
struct PackValues:
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
            var batch = t // heads
            var head = t % heads
            for p in range(count):
                var panel = sink.unsafe_offset((t * count + p) * positions * PANEL)
                for position in range(positions):
                    var row = source.unsafe_offset(
                        (batch * positions + position) * width + head * size
                    )
                    for column in range(PANEL):
                        var i = p * PANEL + column
                        var value = Float32(0)
                        if i < size:
                            value = row.unsafe_offset(i).unsafe_load[width=1]()
                        panel.unsafe_offset(position * PANEL + column).unsafe_store(
                            value
                        )

        sync_parallelize(task, v.dim_size(0) * heads)


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
        var queries = q.dim_size(1)
        var width = q.dim_size(2)
        var heads = keys.dim_size(1)
        var key_panels = keys.dim_size(2)
        var size = keys.dim_size(3)
        var value_panels = values.dim_size(2)
        var positions = values.dim_size(3)
        var padded = key_panels * PANEL
        var scale = 1 / sqrt(Float32(size))
        var qp = q.unsafe_ptr()
        var kp = keys.unsafe_ptr()
        var vp = values.unsafe_ptr()
        var yp = y.unsafe_ptr()

        @always_inline
        def tile[
            rows: Int
        ](
            batch: Int, head: Int, row: Int, scores: Pointer[mut=True, Float32, _]
        ) {imm}:
            var at = (batch * queries + row) * width + head * size
            var plane = batch * heads + head
            for p in range(key_panels):
                var acc = multiply[rows](
                    qp.unsafe_offset(at),
                    width,
                    kp.unsafe_offset((plane * key_panels + p) * size * PANEL),
                    size,
                )
                comptime for i in range(rows):
                    comptime for v in range(VECTORS):
                        scores.unsafe_offset(
                            i * padded + p * PANEL + v * WIDTH
                        ).unsafe_store(acc[i * VECTORS + v] * scale)

            var shares = SIMD[DType.float32, 16](0)
            comptime for i in range(rows):
                shares[i] = soften(scores.unsafe_offset(i * padded), positions)

            for p in range(value_panels):
                var acc = multiply[rows](
                    scores,
                    padded,
                    vp.unsafe_offset((plane * value_panels + p) * positions * PANEL),
                    positions,
                )
                comptime for i in range(rows):
                    var sink = yp.unsafe_offset(at + i * width + p * PANEL)
                    comptime for v in range(VECTORS):
                        var value = acc[i * VECTORS + v] * shares[i]
                        comptime offset = v * WIDTH
                        if (p + 1) * PANEL <= size:
                            sink.unsafe_offset(offset).unsafe_store(value)
                        else:
                            for lane in range(min(WIDTH, size - p * PANEL - offset)):
                                sink.unsafe_offset(offset + lane).unsafe_store(
                                    value[lane]
                                )

        var rows_per_task = TILES_PER_TASK * ROWS
        var row_tasks = (queries + rows_per_task - 1) // rows_per_task

        def task(t: Int) {imm}:
            var plane = t // row_tasks
            var row = t % row_tasks * rows_per_task
            var last = min(queries, row + rows_per_task)
            var scores = unsafe_alloc[Float32](ROWS * padded)
            while row + ROWS <= last:
                tile[ROWS](plane // heads, plane % heads, row, scores)
                row += ROWS
            var left = last - row
            comptime for rows in range(1, ROWS):
                if left == rows:
                    tile[rows](plane // heads, plane % heads, row, scores)
            scores.unsafe_free()

        sync_parallelize(task, q.dim_size(0) * heads * row_tasks)
