"""Attention of few queries over many positions, on a GPU: what a token step spends.

A block is one head of a token, or of some tokens of a row that see the same positions.
Eight threads share a position, each with an eighth of the head's values, and groups of
eight take turns at the positions. Each group keeps the best score that it met, the sum
of its weights and its weighted values (an online softmax); in the end these are merged,
first within a warp, then among warps.

    position    0   1   2   3   4   5 …
    group       0   1   2   3   0   1 …        of a block with four groups
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from extensibility import _MutableInputTensor as MutableInputTensor
from max.gpu.host import DeviceContext
from max.gpu import WARP_SIZE, barrier, block_idx, thread_idx
from max.gpu.primitives import warp
from std.math import ceildiv, exp
from std.memory import unsafe_stack_allocation
from std.sys import size_of
from std.utils import StaticTuple

comptime SHARE = 8
"""Threads that share a position."""
comptime TOGETHER = 4
"""Tokens of a block where there are so many: they read keys and values but once."""
comptime THREADS = 256
comptime LOWEST = Float32.MIN_FINITE
"""Below every score; unlike minus infinity it can be taken from itself."""


@always_inline
def load[
    type: DType, //, width: Int
](values: Pointer[Scalar[type], ImmutAnyOrigin], place: Int) -> SIMD[type, width]:
    """Some values by one access."""
    comptime wide = width * size_of[Scalar[type]]()
    return values.unsafe_offset(place).unsafe_load[width=width, alignment=wide]()


@always_inline
def attend[
    type: DType, size: Int, together: Int, cached: Bool
](
    y: Pointer[Scalar[type], MutAnyOrigin],
    q: Pointer[Scalar[type], ImmutAnyOrigin],
    keys: Pointer[Scalar[type], ImmutAnyOrigin],
    values: Pointer[Scalar[type], ImmutAnyOrigin],
    starts: Pointer[Int32, ImmutAnyOrigin],
    ancestors: Pointer[Int32, ImmutAnyOrigin],
    tokens: Int32,
    heads: Int32,
    room: Int32,
    path: Int32,
):
    """One head of some tokens of a row.

    Without a cache a row's own keys and values are all `room` positions; with one they
    are the first of `path`, each in the slot of `room` positions that `ancestors` says.
    """
    comptime PART = size // SHARE
    comptime GROUPS = THREADS // SHARE
    # Positions of a group in a turn, so that enough is under way from memory.
    comptime AT_ONCE = 4 if together == 1 else 2
    comptime Values = SIMD[DType.float32, PART]
    comptime Loaded = SIMD[type, PART]
    comptime assert size % SHARE == 0, "a head must be of eight equal parts"

    var thread = Int(thread_idx.x)
    var parts = ceildiv(Int(tokens), together)
    var row = Int(block_idx.x) // parts
    var first = Int(block_idx.x) % parts * together
    var width = Int(heads) * size
    var column = Int(block_idx.y) * size + thread % SHARE * PART
    var past = ancestors.unsafe_offset(row * Int(path))
    var here = 0
    comptime if cached:
        here = Int(starts.unsafe_offset(row).unsafe_load[width=1]())

    var asked = StaticTuple[Values, together](fill=Values(0))
    var lengths = StaticTuple[Int, together](fill=Int(room))
    comptime for t in range(together):
        # A token beyond the last is the last one again, and not written.
        var token = min(first + t, Int(tokens) - 1)
        var place = (row * Int(tokens) + token) * width + column
        var query = load[PART](q, place).cast[DType.float32]()
        asked[t] = query * Float32(size) ** -0.5
        comptime if cached:
            lengths[t] = min(here + token + 1, Int(path))
    var length = lengths[together - 1]
    var best = StaticTuple[Float32, together](fill=LOWEST)
    var weight = StaticTuple[Float32, together](fill=0)
    var sum = StaticTuple[Values, together](fill=Values(0))
    # Every thread of a warp takes each turn, since all exchange their scores.
    for turn in range(0, length, GROUPS * AT_ONCE):
        var position = turn + thread // SHARE
        var key = StaticTuple[Loaded, AT_ONCE](fill=Loaded(0))
        var value = StaticTuple[Loaded, AT_ONCE](fill=Loaded(0))
        comptime for i in range(AT_ONCE):
            var seen = min(position + i * GROUPS, length - 1)
            var slot = row
            comptime if cached:
                slot = Int(past.unsafe_offset(seen).unsafe_load[width=1]())
            var place = (slot * Int(room) + seen) * width + column
            key[i] = load[PART](keys, place)
            value[i] = load[PART](values, place)
        comptime for t in range(together):
            var scores = SIMD[DType.float32, AT_ONCE](LOWEST)
            comptime for i in range(AT_ONCE):
                var score = (asked[t] * key[i].cast[DType.float32]()).reduce_add()
                comptime for step in [1, 2, 4]:
                    score += warp.shuffle_xor(score, UInt32(step))
                if position + i * GROUPS < lengths[t]:
                    scores[i] = score
            var better = max(best[t], scores.reduce_max())
            var fade = exp(best[t] - better)
            best[t] = better
            weight[t] *= fade
            sum[t] *= fade
            comptime for i in range(AT_ONCE):
                if position + i * GROUPS < lengths[t]:
                    var share = exp(scores[i] - better)
                    weight[t] += share
                    sum[t] += value[i].cast[DType.float32]() * share

    comptime for t in range(together):
        var some = best[t]
        var its_weight = weight[t]
        var its_sum = sum[t]
        join[size](some, its_weight, its_sum, thread)
        if thread < size and first + t < Int(tokens):
            var place = (row * Int(tokens) + first + t) * width
            place += Int(block_idx.y) * size + thread
            y[unsafe_offset=place] = (its_sum[0] / its_weight).cast[type]()


@always_inline
def join[
    part: Int, //, size: Int
](
    mut best: Float32,
    mut weight: Float32,
    mut sum: SIMD[DType.float32, part],
    thread: Int,
):
    """Merge what all threads of a block found: the first `size` get the whole weight,
    and one value each in place of their sums.
    """
    comptime WARPS = THREADS // WARP_SIZE
    comptime for step in [8, 16, 32]:
        comptime if step < WARP_SIZE:
            merge[part](best, weight, sum, step)
    var bests = unsafe_stack_allocation[
        WARPS * (size + 2), Float32, address_space=AddressSpace.SHARED
    ]()
    var weights = bests.unsafe_offset(WARPS)
    var sums = weights.unsafe_offset(WARPS)
    var member = thread // WARP_SIZE
    barrier()
    if thread % WARP_SIZE < SHARE:
        bests[unsafe_offset=member] = best
        weights[unsafe_offset=member] = weight
        comptime for i in range(part):
            sums[unsafe_offset=member * size + thread % SHARE * part + i] = sum[i]
    barrier()
    if thread < size:
        var top = LOWEST
        comptime for i in range(WARPS):
            top = max(top, bests[unsafe_offset=i])
        weight = 0
        sum[0] = 0
        comptime for i in range(WARPS):
            var share = exp(bests[unsafe_offset=i] - top)
            weight += share * weights[unsafe_offset=i]
            sum[0] += share * sums[unsafe_offset=i * size + thread]


@always_inline
def merge[
    part: Int
](
    mut best: Float32,
    mut weight: Float32,
    mut sum: SIMD[DType.float32, part],
    step: Int,
):
    """Add what the thread `step` lanes away found; it does the same."""
    var other = warp.shuffle_xor(best, UInt32(step))
    var better = max(best, other)
    var own = exp(best - better)
    var its = exp(other - better)
    weight = weight * own + warp.shuffle_xor(weight, UInt32(step)) * its
    comptime for i in range(part):
        sum[i] = sum[i] * own + warp.shuffle_xor(sum[i], UInt32(step)) * its
    best = better


def remember[
    type: DType
](
    keys: Pointer[Scalar[type], MutAnyOrigin],
    values: Pointer[Scalar[type], MutAnyOrigin],
    k: Pointer[Scalar[type], ImmutAnyOrigin],
    v: Pointer[Scalar[type], ImmutAnyOrigin],
    slots: Pointer[Int32, ImmutAnyOrigin],
    starts: Pointer[Int32, ImmutAnyOrigin],
    tokens: Int32,
    width: Int32,
    capacity: Int32,
):
    """Write one token's keys and values to its place in the cache, if there is room."""
    var token = Int(block_idx.x)
    var row = token // Int(tokens)
    var start = Int(starts.unsafe_offset(row).unsafe_load[width=1]())
    var position = start + token % Int(tokens)
    if position < Int(capacity):
        var slot = Int(slots.unsafe_offset(row).unsafe_load[width=1]())
        var sink = (slot * Int(capacity) + position) * Int(width)
        for i in range(Int(thread_idx.x), Int(width), THREADS):
            keys[unsafe_offset=sink + i] = k[unsafe_offset=token * Int(width) + i]
            values[unsafe_offset=sink + i] = v[unsafe_offset=token * Int(width) + i]


def attend_heard[
    type: DType, size: Int, together: Int
](
    y: Pointer[Scalar[type], MutAnyOrigin],
    q: Pointer[Scalar[type], ImmutAnyOrigin],
    keys: Pointer[Scalar[type], ImmutAnyOrigin],
    values: Pointer[Scalar[type], ImmutAnyOrigin],
    tokens: Int32,
    heads: Int32,
    positions: Int32,
):
    """Attention to all that was heard."""
    var none = q.unsafe_bitcast[Int32]()
    attend[type, size, together, False](
        y, q, keys, values, none, none, tokens, heads, positions, 0
    )


def attend_said[
    type: DType, size: Int, together: Int
](
    y: Pointer[Scalar[type], MutAnyOrigin],
    q: Pointer[Scalar[type], ImmutAnyOrigin],
    keys: Pointer[Scalar[type], ImmutAnyOrigin],
    values: Pointer[Scalar[type], ImmutAnyOrigin],
    starts: Pointer[Int32, ImmutAnyOrigin],
    ancestors: Pointer[Int32, ImmutAnyOrigin],
    tokens: Int32,
    heads: Int32,
    capacity: Int32,
    path: Int32,
):
    """Attention to what was said."""
    attend[type, size, together, True](
        y, q, keys, values, starts, ancestors, tokens, heads, capacity, path
    )


@extensibility.register("whisper_gpu_attention")
struct Attention:
    """`[B, T, D]` over keys and values `[B, P, H, S]`."""

    @staticmethod
    def execute[
        target: StaticString, type: DType, size: Int
    ](
        y: OutputTensor[dtype=type, rank=3, ...],
        q: InputTensor[dtype=type, rank=3, ...],
        keys: InputTensor[dtype=type, rank=4, ...],
        values: InputTensor[dtype=type, rank=4, ...],
        ctx: DeviceContext,
    ) raises:
        var tokens = q.dim_size(1)
        var heads = keys.dim_size(2)

        @always_inline
        def launch[together: Int]() raises {imm}:
            ctx.enqueue_function[attend_heard[type, size, together]](
                y.to_device_buffer(ctx),
                q.to_device_buffer(ctx),
                keys.to_device_buffer(ctx),
                values.to_device_buffer(ctx),
                Int32(tokens),
                Int32(heads),
                Int32(keys.dim_size(1)),
                grid_dim=(q.dim_size(0) * ceildiv(tokens, together), heads),
                block_dim=THREADS,
            )

        if tokens < TOGETHER:
            launch[1]()
        else:
            launch[TOGETHER]()


@extensibility.register("whisper_gpu_cached_attention")
struct CachedAttention:
    """See `Ops.cached_attention`; a slot of a cache is `[capacity, D]`."""

    @staticmethod
    def execute[
        target: StaticString, type: DType, size: Int
    ](
        y: OutputTensor[dtype=type, rank=3, ...],
        key_cache: MutableInputTensor[dtype=type, rank=3, ...],
        value_cache: MutableInputTensor[dtype=type, rank=3, ...],
        q: InputTensor[dtype=type, rank=3, ...],
        k: InputTensor[dtype=type, rank=3, ...],
        v: InputTensor[dtype=type, rank=3, ...],
        slots: InputTensor[dtype=DType.int32, rank=1, ...],
        starts: InputTensor[dtype=DType.int32, rank=1, ...],
        ancestors: InputTensor[dtype=DType.int32, rank=2, ...],
        ctx: DeviceContext,
    ) raises:
        var rows = q.dim_size(0)
        var tokens = q.dim_size(1)
        var width = q.dim_size(2)
        var heads = width // size
        var capacity = Int32(key_cache.dim_size(1))
        var keys = key_cache.to_device_buffer(ctx)
        var values = value_cache.to_device_buffer(ctx)
        ctx.enqueue_function[remember[type]](
            keys,
            values,
            k.to_device_buffer(ctx),
            v.to_device_buffer(ctx),
            slots.to_device_buffer(ctx),
            starts.to_device_buffer(ctx),
            Int32(tokens),
            Int32(width),
            capacity,
            grid_dim=rows * tokens,
            block_dim=THREADS,
        )

        @always_inline
        def launch[together: Int]() raises {imm}:
            ctx.enqueue_function[attend_said[type, size, together]](
                y.to_device_buffer(ctx),
                q.to_device_buffer(ctx),
                keys,
                values,
                starts.to_device_buffer(ctx),
                ancestors.to_device_buffer(ctx),
                Int32(tokens),
                Int32(heads),
                capacity,
                Int32(ancestors.dim_size(1)),
                grid_dim=(rows * ceildiv(tokens, together), heads),
                block_dim=THREADS,
            )

        if tokens < TOGETHER:
            launch[1]()
        else:
            launch[TOGETHER]()
