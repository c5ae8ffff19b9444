"""`alignment` on a GPU: where each token was heard.

    q, k ─ look ─ [heads, tokens, positions] ─ compare ─ [heads, 2, positions] ─┐
                              └──────────────────────────────────────── smooth ─┴─ sum

`look` is attention; `compare` tells how much the tokens differ at a position; `smooth`
is the median of seven positions, and adds up the heads.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu import barrier, block_idx, grid_dim, thread_idx
from max.gpu.host import DeviceContext
from max.gpu.primitives import block
from std.math import ceildiv, exp, sqrt

comptime THREADS = 256
comptime LOWEST = Float32.MIN_FINITE
comptime TAPS = 7
comptime EXCHANGES: List[Int] = [
    0, 5, 0, 3, 1, 6, 2, 4, 0, 1, 3, 5, 2, 6, 2, 3, 3, 6, 4, 5, 1, 4, 1, 3, 3, 4
]
"""`MEDIAN_OF_7` of `plain_alignment.py`."""


def look[
    type: DType, size: Int
](
    looks: Pointer[Float32, MutAnyOrigin],
    q: Pointer[Scalar[type], ImmutAnyOrigin],
    k: Pointer[Scalar[type], ImmutAnyOrigin],
    heads: Pointer[Int32, ImmutAnyOrigin],
    width: Int32,
    position_count: Int32,
):
    """A token's attention by one head: a block; a thread has some of the positions."""
    comptime WIDE = 8
    comptime assert size % WIDE == 0, "a head must be of parts of eight values"
    var thread = Int(thread_idx.x)
    var positions = Int(position_count)
    var column = Int(heads[unsafe_offset=Int(block_idx.y)]) * size
    var query = q.unsafe_offset(Int(block_idx.x) * Int(width) + column)
    var row = Int(block_idx.y) * Int(grid_dim.x) + Int(block_idx.x)
    var line = looks.unsafe_offset(row * positions)

    var peak = LOWEST
    for position in range(thread, positions, THREADS):
        var key = k.unsafe_offset(position * Int(width) + column)
        var sum = Float32(0)
        comptime for part in range(size // WIDE):
            var a = query.unsafe_offset(part * WIDE).unsafe_load[
                width=WIDE, alignment=16
            ]()
            var b = key.unsafe_offset(part * WIDE).unsafe_load[
                width=WIDE, alignment=16
            ]()
            sum += (a.cast[DType.float32]() * b.cast[DType.float32]()).reduce_add()
        sum *= 1 / sqrt(Float32(size))
        line[unsafe_offset=position] = sum
        peak = max(peak, sum)
    peak = block.max[block_size=THREADS](peak)
    # MAX's reduction does not wait until all have read before its room is used again.
    barrier()
    var total = Float32(0)
    for position in range(thread, positions, THREADS):
        var weight = exp(line[unsafe_offset=position] - peak)
        line[unsafe_offset=position] = weight
        total += weight
    total = block.sum[block_size=THREADS](total)
    for position in range(thread, positions, THREADS):
        line[unsafe_offset=position] = line[unsafe_offset=position] / total


def compare(
    differences: Pointer[Float32, MutAnyOrigin],
    looks: Pointer[Float32, ImmutAnyOrigin],
    token_count: Int32,
    position_count: Int32,
):
    """At a position, which is a thread: the mean of all tokens, and 1 / deviation, or 0
    where all look alike.
    """
    var positions = Int(position_count)
    var tokens = Int(token_count)
    var position = Int(block_idx.x) * THREADS + Int(thread_idx.x)
    if position < positions:
        var head = Int(block_idx.y)
        var column = looks.unsafe_offset(head * tokens * positions + position)
        var mean = Float32(0)
        for token in range(tokens):
            mean += column[unsafe_offset=token * positions]
        mean /= Float32(tokens)
        var variance = Float32(0)
        for token in range(tokens):
            var apart = column[unsafe_offset=token * positions] - mean
            variance += apart * apart
        variance /= Float32(tokens)
        var sink = head * 2 * positions + position
        differences[unsafe_offset=sink] = mean
        var sharpness = 1 / sqrt(variance) if variance > 0 else Float32(0)
        differences[unsafe_offset=sink + positions] = sharpness


def smooth(
    y: Pointer[Float32, MutAnyOrigin],
    looks: Pointer[Float32, ImmutAnyOrigin],
    differences: Pointer[Float32, ImmutAnyOrigin],
    head_count: Int32,
    position_count: Int32,
):
    """A token at a position, which is a thread: the medians of all heads, added up."""
    var positions = Int(position_count)
    var last = positions - 1
    var position = Int(block_idx.x) * THREADS + Int(thread_idx.x)
    var token = Int(block_idx.y)
    if position < positions:
        var total = Float32(0)
        for head in range(Int(head_count)):
            var line = looks.unsafe_offset(
                (head * Int(grid_dim.y) + token) * positions
            )
            var means = differences.unsafe_offset(head * 2 * positions)
            var taps = SIMD[DType.float32, 8](0)
            comptime for tap in range(TAPS):
                # Mirrored at both ends; what is too short for that is left as it is.
                var place = abs(position + tap - TAPS // 2)
                place = min(place, 2 * last - place)
                if last < TAPS // 2:
                    place = position
                var apart = line[unsafe_offset=place] - means[unsafe_offset=place]
                taps[tap] = apart * means[unsafe_offset=positions + place]
            comptime for i in range(len(EXCHANGES) // 2):
                comptime low = EXCHANGES[2 * i]
                comptime high = EXCHANGES[2 * i + 1]
                var least = min(taps[low], taps[high])
                taps[high] = max(taps[low], taps[high])
                taps[low] = least
            total += taps[TAPS // 2]
        y[unsafe_offset=token * positions + position] = total


@extensibility.register("whisper_gpu_look")
struct Look:
    """q `[1, T, D]` and k `[1, P, D]` to `[heads, T, P]`, for heads of D."""

    @staticmethod
    def execute[
        target: StaticString, type: DType, size: Int
    ](
        looks: OutputTensor[dtype=DType.float32, rank=3, ...],
        q: InputTensor[dtype=type, rank=3, ...],
        k: InputTensor[dtype=type, rank=3, ...],
        heads: InputTensor[dtype=DType.int32, rank=1, ...],
        ctx: DeviceContext,
    ) raises:
        ctx.enqueue_function[look[type, size]](
            looks.to_device_buffer(ctx),
            q.to_device_buffer(ctx),
            k.to_device_buffer(ctx),
            heads.to_device_buffer(ctx),
            Int32(q.dim_size(2)),
            Int32(k.dim_size(1)),
            grid_dim=(q.dim_size(1), heads.dim_size(0)),
            block_dim=THREADS,
        )


@extensibility.register("whisper_gpu_compare")
struct Compare:
    """`[heads, T, P]` to `[heads, 2, P]`."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        differences: OutputTensor[dtype=DType.float32, rank=3, ...],
        looks: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        ctx.enqueue_function[compare](
            differences.to_device_buffer(ctx),
            looks.to_device_buffer(ctx),
            Int32(looks.dim_size(1)),
            Int32(looks.dim_size(2)),
            grid_dim=(ceildiv(looks.dim_size(2), THREADS), looks.dim_size(0)),
            block_dim=THREADS,
        )


@extensibility.register("whisper_gpu_smooth")
struct Smooth:
    """`[heads, T, P]` and `[heads, 2, P]` to `[T, P]`."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=2, ...],
        looks: InputTensor[dtype=DType.float32, rank=3, ...],
        differences: InputTensor[dtype=DType.float32, rank=3, ...],
        ctx: DeviceContext,
    ) raises:
        ctx.enqueue_function[smooth](
            y.to_device_buffer(ctx),
            looks.to_device_buffer(ctx),
            differences.to_device_buffer(ctx),
            Int32(looks.dim_size(0)),
            Int32(looks.dim_size(2)),
            grid_dim=(ceildiv(looks.dim_size(2), THREADS), looks.dim_size(1)),
            block_dim=THREADS,
        )
