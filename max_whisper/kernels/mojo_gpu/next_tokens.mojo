"""`next_tokens` on a GPU: from logits to the few best tokens of each row.

    logits ─┬─ a stretch ─ rules ─ its best ─┐
            ├─ …                             ├─ best of the row
            └─ …                             ┘

A block looks through a stretch of a row, with text and timestamps apart; then a block
joins those of a row. The rules are those of `mojo/next_tokens.mojo`. Tokens are put in
order by keys, of two of which the larger is better, so that the best are found one
after the other by asking for the largest key below the last.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu import barrier, block_idx, grid_dim, thread_idx
from max.gpu.host import DeviceContext
from max.gpu.primitives import block
from std.math import exp, log
from std.memory import bitcast

comptime THREADS = 256
comptime NEVER = Float32.MIN_FINITE
"""The logit of what may not come."""


@always_inline
def key_of(score: Float32, token: Int) -> UInt64:
    """Larger for a better score, and for the first of equals; never 0."""
    var bits = bitcast[DType.uint32](score)
    var order = ~bits if bits >> 31 else bits | 0x80000000
    return (UInt64(order) << 32) | UInt64(UInt32.MAX - UInt32(token))


@always_inline
def token_of(key: UInt64) -> Int:
    return Int(UInt32.MAX - UInt32(key & 0xFFFFFFFF))


@always_inline
def noise(seed: UInt64, token: Int) -> Float32:
    """Gumbel-distributed numbers that depend on nothing but their arguments."""
    var x = seed + 0x9E3779B97F4A7C15 * UInt64(token + 1)
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB
    x = x ^ (x >> 31)
    # 23 bits and a half, so that float32 holds the number and what it lacks of 1.
    var uniform = (Float32(x >> 41) + 0.5) * (1.0 / 8388608)
    var rest = 1 - uniform
    # A GPU's logarithm is too rough next to 1, where it decides on the rare tokens.
    var series = rest * (1 + rest * (0.5 + rest * (1.0 / 3 + rest * 0.25)))
    return -log(series if rest < 0.01 else -log(uniform))


@always_inline
def largest[type: DType](value: Scalar[type]) -> Scalar[type]:
    """Of all threads of the block."""
    var found = block.max[block_size=THREADS](value)
    # MAX's reduction does not wait until all have read before its room is used again.
    barrier()
    return found


@always_inline
def listed(tokens: Pointer[Int32, ImmutAnyOrigin], count: Int32, token: Int) -> Bool:
    for j in range(Int(count)):
        if Int(tokens[unsafe_offset=j]) == token:
            return True
    return False


def look_through[
    type: DType, stretch_size: Int
](
    peaks: Pointer[Float32, MutAnyOrigin],
    sums: Pointer[Float32, MutAnyOrigin],
    scores: Pointer[Float32, MutAnyOrigin],
    chosen: Pointer[Float32, MutAnyOrigin],
    tokens: Pointer[Int32, MutAnyOrigin],
    logits: Pointer[Scalar[type], ImmutAnyOrigin],
    masks: Pointer[UInt8, ImmutAnyOrigin],
    bounds: Pointer[Int32, ImmutAnyOrigin],
    timestamp_begin: Pointer[Int32, ImmutAnyOrigin],
    temperatures: Pointer[Float32, ImmutAnyOrigin],
    seeds: Pointer[UInt64, ImmutAnyOrigin],
    penalty: Pointer[Float32, ImmutAnyOrigin],
    said: Pointer[Int32, ImmutAnyOrigin],
    banned: Pointer[Int32, ImmutAnyOrigin],
    vocabulary: Int32,
    width: Int32,
    count: Int32,
    said_count: Int32,
    banned_count: Int32,
):
    """The best `count` tokens of a stretch of a row, of text and of timestamps, and
    what all of them weigh. A line of logits is `width` long.
    """
    # Tokens of a thread.
    comptime EACH = stretch_size // THREADS
    comptime Some = SIMD[DType.float32, EACH]
    comptime Keys = SIMD[DType.uint64, EACH]

    var thread = Int(thread_idx.x)
    var stretch = Int(block_idx.x)
    var row = Int(block_idx.y)
    var first = stretch * stretch_size + thread
    var bound = bounds.unsafe_offset(row * 4)
    var first_text = Int(bound[unsafe_offset=0])
    var first_timestamp = Int(bound[unsafe_offset=1])
    var end = min(Int(bound[unsafe_offset=2]), Int(vocabulary))
    var mask = masks.unsafe_offset(Int(bound[unsafe_offset=3]) * Int(vocabulary))
    var timestamps = Int(timestamp_begin[unsafe_offset=0])
    var factor = penalty[unsafe_offset=0]
    var heat = temperatures[unsafe_offset=row]
    var said_row = said.unsafe_offset(row * Int(said_count))
    var banned_row = banned.unsafe_offset(row * Int(banned_count))

    var line = Some(NEVER)
    var keys = Keys(0)
    comptime for i in range(EACH):
        var token = first + i * THREADS
        var least = max(first_text, first_timestamp)
        if token < timestamps:
            least = first_text
        if token >= least and token < end and mask[unsafe_offset=token] == 0:
            var at = row * Int(width) + token
            var logit = logits[unsafe_offset=at].cast[DType.float32]()
            if factor != 1 and listed(said_row, said_count, token):
                logit = logit / factor if logit > 0 else logit * factor
            if not listed(banned_row, banned_count, token):
                line[i] = logit
                var score = logit
                if heat > 0:
                    score = logit / heat + noise(seeds[unsafe_offset=row], token)
                keys[i] = key_of(score, token)

    comptime for kind in range(2):
        var part = (row * Int(grid_dim.x) + stretch) * 2 + kind
        var own = Keys(0)
        var peak = NEVER
        comptime for i in range(EACH):
            if Int(first + i * THREADS >= timestamps) == kind:
                own[i] = keys[i]
                peak = max(peak, line[i])
        peak = largest(peak)
        var sum = Float32(0)
        comptime for i in range(EACH):
            if own[i] > 0:
                sum += exp(line[i] - peak)
        sum = block.sum[block_size=THREADS](sum)
        barrier()
        if thread == 0:
            peaks[unsafe_offset=part] = peak
            sums[unsafe_offset=part] = sum
        var last = UInt64.MAX
        for j in range(Int(count)):
            var place = part * Int(count) + j
            var best = UInt64(0)
            # A stretch without any is done at once.
            if peak > NEVER:
                comptime for i in range(EACH):
                    if own[i] < last:
                        best = max(best, own[i])
                last = largest(best)
            else:
                last = 0
            if last == 0 and thread == 0:
                chosen[unsafe_offset=place] = NEVER
            if last > 0 and best == last:
                comptime for i in range(EACH):
                    if own[i] == last:
                        chosen[unsafe_offset=place] = line[i]
                scores[unsafe_offset=place] = score_of(last)
                tokens[unsafe_offset=place] = Int32(token_of(last))


@always_inline
def score_of(key: UInt64) -> Float32:
    var order = UInt32(key >> 32)
    var bits = order & 0x7FFFFFFF if order >> 31 else ~order
    return bitcast[DType.float32](bits)


def join(
    found: Pointer[Int32, MutAnyOrigin],
    logprobs: Pointer[Float32, MutAnyOrigin],
    peaks: Pointer[Float32, ImmutAnyOrigin],
    sums: Pointer[Float32, ImmutAnyOrigin],
    scores: Pointer[Float32, ImmutAnyOrigin],
    chosen: Pointer[Float32, ImmutAnyOrigin],
    tokens: Pointer[Int32, ImmutAnyOrigin],
    stretches: Int32,
    count: Int32,
):
    """The best tokens of a row. If the timestamps together outweigh every single text
    token, a timestamp must come.
    """
    var thread = Int(thread_idx.x)
    var row = Int(block_idx.x)
    var parts = Int(stretches) * 2
    var peak = SIMD[DType.float32, 2](NEVER)
    for part in range(parts):
        var its = peaks[unsafe_offset=row * parts + part]
        peak[part % 2] = max(peak[part % 2], its)
    var sum = SIMD[DType.float32, 2](0)
    for part in range(parts):
        var its = peaks[unsafe_offset=row * parts + part]
        if its > NEVER:
            var share = exp(its - peak[part % 2])
            sum[part % 2] += sums[unsafe_offset=row * parts + part] * share
    var total = peak[1] + log(sum[1])
    var only_time = peak[1] > NEVER and total > peak[0]
    if not only_time:
        var top = max(peak[0], peak[1])
        var weight = sum[0] * exp(peak[0] - top) + sum[1] * exp(peak[1] - top)
        total = top + log(weight)

    var last = UInt64.MAX
    for j in range(Int(count)):
        var best = UInt64(0)
        var logit = NEVER
        for i in range(thread, parts * Int(count), THREADS):
            var place = row * parts * Int(count) + i
            var is_time = i // Int(count) % 2 == 1
            var its = chosen[unsafe_offset=place]
            if its > NEVER and (is_time or not only_time):
                var key = key_of(
                    scores[unsafe_offset=place], Int(tokens[unsafe_offset=place])
                )
                if key < last and key > best:
                    best = key
                    logit = its
        last = largest(best)
        var sink = row * Int(count) + j
        if last > 0 and best == last:
            found[unsafe_offset=sink] = Int32(token_of(last))
            logprobs[unsafe_offset=sink] = logit - total
        if last == 0 and thread == 0:
            found[unsafe_offset=sink] = 0
            logprobs[unsafe_offset=sink] = Float32.MIN


@extensibility.register("whisper_gpu_look_through")
struct LookThrough:
    """Logits `[B, G, at least V]` and the rules of `Ops.next_tokens` to what `join`
    reads, each `[B · G, stretches, 2, …]`.
    """

    @staticmethod
    def execute[
        target: StaticString, type: DType, stretch: Int
    ](
        peaks: OutputTensor[dtype=DType.float32, rank=3, ...],
        sums: OutputTensor[dtype=DType.float32, rank=3, ...],
        scores: OutputTensor[dtype=DType.float32, rank=4, ...],
        chosen: OutputTensor[dtype=DType.float32, rank=4, ...],
        tokens: OutputTensor[dtype=DType.int32, rank=4, ...],
        logits: InputTensor[dtype=type, rank=3, ...],
        masks: InputTensor[dtype=DType.uint8, rank=2, ...],
        bounds: InputTensor[dtype=DType.int32, rank=2, ...],
        timestamp_begin: InputTensor[dtype=DType.int32, rank=1, ...],
        temperatures: InputTensor[dtype=DType.float32, rank=1, ...],
        seeds: InputTensor[dtype=DType.uint64, rank=1, ...],
        penalty: InputTensor[dtype=DType.float32, rank=1, ...],
        said: InputTensor[dtype=DType.int32, rank=2, ...],
        banned: InputTensor[dtype=DType.int32, rank=2, ...],
        ctx: DeviceContext,
    ) raises:
        ctx.enqueue_function[look_through[type, stretch]](
            peaks.to_device_buffer(ctx),
            sums.to_device_buffer(ctx),
            scores.to_device_buffer(ctx),
            chosen.to_device_buffer(ctx),
            tokens.to_device_buffer(ctx),
            logits.to_device_buffer(ctx),
            masks.to_device_buffer(ctx),
            bounds.to_device_buffer(ctx),
            timestamp_begin.to_device_buffer(ctx),
            temperatures.to_device_buffer(ctx),
            seeds.to_device_buffer(ctx),
            penalty.to_device_buffer(ctx),
            said.to_device_buffer(ctx),
            banned.to_device_buffer(ctx),
            Int32(masks.dim_size(1)),
            Int32(logits.dim_size(2)),
            Int32(tokens.dim_size(3)),
            Int32(said.dim_size(1)),
            Int32(banned.dim_size(1)),
            grid_dim=(peaks.dim_size(1), peaks.dim_size(0)),
            block_dim=THREADS,
        )


@extensibility.register("whisper_gpu_join")
struct Join:
    """What `look_through` found to tokens and log probabilities `[B · G, count]`."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        found: OutputTensor[dtype=DType.int32, rank=2, ...],
        logprobs: OutputTensor[dtype=DType.float32, rank=2, ...],
        peaks: InputTensor[dtype=DType.float32, rank=3, ...],
        sums: InputTensor[dtype=DType.float32, rank=3, ...],
        scores: InputTensor[dtype=DType.float32, rank=4, ...],
        chosen: InputTensor[dtype=DType.float32, rank=4, ...],
        tokens: InputTensor[dtype=DType.int32, rank=4, ...],
        ctx: DeviceContext,
    ) raises:
        ctx.enqueue_function[join](
            found.to_device_buffer(ctx),
            logprobs.to_device_buffer(ctx),
            peaks.to_device_buffer(ctx),
            sums.to_device_buffer(ctx),
            scores.to_device_buffer(ctx),
            chosen.to_device_buffer(ctx),
            tokens.to_device_buffer(ctx),
            Int32(peaks.dim_size(1)),
            Int32(found.dim_size(1)),
            grid_dim=found.dim_size(0),
            block_dim=THREADS,
        )
