"""`candidates`: logits to the few best tokens that Whisper's rules allow.

First the logits of what a row has said are penalised, as in CTranslate2:

    logit / penalty  if it is positive,  logit · penalty  if it is negative

A row's rules are four numbers, a mask and a list of tokens that are banned too (`Bounds`
and `TokenRules` of the engine):

    0        first_text     timestamp_begin     first_timestamp      end      vocabulary
    ├─ banned ─┼── allowed ──┼───── banned ──────┼──── allowed ──────┼─ banned ─┤

If the timestamps together outweigh every single text token, a timestamp must come:

    log Σ exp(timestamp logits)  >  max(text logits)

The logarithm of each probability is taken over what is left. At a temperature above 0
the order is that of `logit / temperature + Gumbel noise`, whose best is a fair sample.
"""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.math import iota, log
from std.memory.alloc import unsafe_alloc

from .log_sum_exp import NEVER, log_sum_exp, maximum
from .matmul import WIDTH, Vector


@always_inline
def gumbel[
    width: Int
](seed: UInt64, token: SIMD[DType.uint64, width]) -> SIMD[DType.float32, width]:
    """Gumbel-distributed numbers that depend on nothing but their arguments."""
    comptime Words = SIMD[DType.uint64, width]
    var x = Words(seed) + Words(0x9E3779B97F4A7C15) * (token + 1)
    x = (x ^ (x >> 30)) * Words(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> 27)) * Words(0x94D049BB133111EB)
    x = x ^ (x >> 31)
    var uniform = ((x >> 11).cast[DType.float64]() + 0.5) * (1.0 / 9007199254740992.0)
    return (-log(-log(uniform))).cast[DType.float32]()


@always_inline
def warm(
    y: Pointer[mut=True, Float32, _],
    x: Pointer[Float32, _],
    n: Int,
    heat: Float32,
    seed: UInt64,
):
    """y = x / heat + noise, whose largest is a fair sample."""
    var i = 0
    while i + WIDTH <= n:
        var value = x.unsafe_offset(i).unsafe_load[width=WIDTH]() / heat
        var tokens = iota[DType.uint64, WIDTH](UInt64(i))
        y.unsafe_offset(i).unsafe_store(value + gumbel[WIDTH](seed, tokens))
        i += WIDTH
    while i < n:
        var value = x.unsafe_offset(i).unsafe_load[width=1]() / heat
        y.unsafe_offset(i).unsafe_store(value + gumbel[1](seed, UInt64(i)))
        i += 1


@always_inline
def best_of(
    score: Pointer[Float32, _],
    n: Int,
    count: Int,
    tokens: Pointer[mut=True, Int32, _],
    scores: Pointer[mut=True, Float32, _],
):
    """The `count` largest of `n` scores, best first; of equals the first token."""
    for j in range(count):
        tokens.unsafe_offset(j).unsafe_store(Int32(0))
        scores.unsafe_offset(j).unsafe_store(NEVER)
    var least = NEVER
    for first in range(0, n, WIDTH):
        if first + WIDTH <= n:
            var some = score.unsafe_offset(first).unsafe_load[width=WIDTH]()
            if not some.gt(least).reduce_or():
                continue
        for token in range(first, min(n, first + WIDTH)):
            var value = score.unsafe_offset(token).unsafe_load[width=1]()
            if value <= least:
                continue
            var at = count - 1
            while at > 0 and scores.unsafe_offset(at - 1).unsafe_load[width=1]() < value:
                scores.unsafe_offset(at).unsafe_store(
                    scores.unsafe_offset(at - 1).unsafe_load[width=1]()
                )
                tokens.unsafe_offset(at).unsafe_store(
                    tokens.unsafe_offset(at - 1).unsafe_load[width=1]()
                )
                at -= 1
            scores.unsafe_offset(at).unsafe_store(value)
            tokens.unsafe_offset(at).unsafe_store(Int32(token))
            least = scores.unsafe_offset(count - 1).unsafe_load[width=1]()


@always_inline
def allow(
    x: Pointer[mut=True, Float32, _],
    source: Pointer[Float32, _],
    mask: Pointer[UInt8, _],
    first: Int,
    last: Int,
):
    """Copy what is not masked of first ≤ i < last; the rest is minus infinity."""
    var i = first
    while i + WIDTH <= last:
        var value = source.unsafe_offset(i).unsafe_load[width=WIDTH]()
        var free = mask.unsafe_offset(i).unsafe_load[width=WIDTH]().eq(0)
        x.unsafe_offset(i).unsafe_store(free.select(value, Vector(NEVER)))
        i += WIDTH
    while i < last:
        var is_free = mask.unsafe_offset(i).unsafe_load[width=1]() == 0
        var value = source.unsafe_offset(i).unsafe_load[width=1]()
        x.unsafe_offset(i).unsafe_store(value if is_free else NEVER)
        i += 1


@always_inline
def forbid(x: Pointer[mut=True, Float32, _], first: Int, last: Int):
    """Make x[i] minus infinity for first ≤ i < last."""
    var i = first
    while i + WIDTH <= last:
        x.unsafe_offset(i).unsafe_store(Vector(NEVER))
        i += WIDTH
    while i < last:
        x.unsafe_offset(i).unsafe_store(NEVER)
        i += 1


@always_inline
def penalise(
    x: Pointer[mut=True, Float32, _],
    source: Pointer[Float32, _],
    penalty: Float32,
    tokens: Pointer[Int32, _],
    count: Int,
):
    """Replace x[t], unless banned, by the penalised source[t], for each listed token t."""
    for j in range(count):
        var token = Int(tokens.unsafe_offset(j).unsafe_load[width=1]())
        if token < 0 or x.unsafe_offset(token).unsafe_load[width=1]() == NEVER:
            continue
        var value = source.unsafe_offset(token).unsafe_load[width=1]()
        x.unsafe_offset(token).unsafe_store(
            value / penalty if value > 0 else value * penalty
        )


@always_inline
def ban(x: Pointer[mut=True, Float32, _], tokens: Pointer[Int32, _], count: Int):
    """Make x[t] minus infinity for each listed token t."""
    for j in range(count):
        var token = Int(tokens.unsafe_offset(j).unsafe_load[width=1]())
        if token >= 0:
            x.unsafe_offset(token).unsafe_store(NEVER)


@extensibility.register("whisper_candidates")
struct Candidates:
    """`bounds[r]` is first_text, first_timestamp, end and whether it is the first token;
    `timestamp_begin` has one value; `masks[0]` is for every token, `masks[1]` for the
    first; `temperature` and `penalty` have one value each. Row r draws by `seeds[r]`.
    `said[r]` are tokens to penalise and `banned[r]` those that may not come, both
    filled up with -1.
    """

    @staticmethod
    def execute[
        target: StaticString
    ](
        tokens: OutputTensor[dtype=DType.int32, rank=2, ...],
        logprobs: OutputTensor[dtype=DType.float32, rank=2, ...],
        logits: InputTensor[dtype=DType.float32, rank=3, ...],
        masks: InputTensor[dtype=DType.uint8, rank=2, ...],
        bounds: InputTensor[dtype=DType.int32, rank=2, ...],
        timestamp_begin: InputTensor[dtype=DType.int32, rank=1, ...],
        temperature: InputTensor[dtype=DType.float32, rank=1, ...],
        seeds: InputTensor[dtype=DType.uint64, rank=1, ...],
        penalty: InputTensor[dtype=DType.float32, rank=1, ...],
        said: InputTensor[dtype=DType.int32, rank=2, ...],
        banned: InputTensor[dtype=DType.int32, rank=2, ...],
        ctx: DeviceContext,
    ) raises:
        var n = logits.dim_size(2)
        var count = tokens.dim_size(1)
        var heat = temperature.unsafe_ptr().unsafe_load[width=1]()
        var factor = penalty.unsafe_ptr().unsafe_load[width=1]()
        var said_count = said.dim_size(1)
        var ban_count = banned.dim_size(1)
        var timestamps = min(
            n, Int(timestamp_begin.unsafe_ptr().unsafe_load[width=1]())
        )
        var lp = logits.unsafe_ptr()
        var mp = masks.unsafe_ptr()
        var bp = bounds.unsafe_ptr()
        var dice = seeds.unsafe_ptr()
        var said_in = said.unsafe_ptr()
        var ban_in = banned.unsafe_ptr()
        var token_out = tokens.unsafe_ptr()
        var logprob_out = logprobs.unsafe_ptr()

        def task(row: Int) {imm}:
            var bound = bp.unsafe_offset(row * 4).unsafe_load[width=4]()
            var first_text = Int(bound[0])
            var first_timestamp = Int(bound[1])
            var end = min(n, Int(bound[2]))
            var mask = mp.unsafe_offset(n * Int(bound[3]))
            var source = lp.unsafe_offset(row * n)
            # Warm scores stand beside the logits that log probabilities are told from.
            var allowed = unsafe_alloc[Float32](2 * n if heat > 0 else n)
            var scores = allowed.unsafe_offset(n if heat > 0 else 0)
            var text_end = min(timestamps, end)
            var text = min(first_text, text_end)
            forbid(allowed, 0, text)
            allow(allowed, source, mask, text, text_end)
            var timestamp = min(max(first_text, first_timestamp, timestamps), end)
            forbid(allowed, text_end, max(timestamp, text_end))
            allow(allowed, source, mask, max(timestamp, text_end), end)
            forbid(allowed, end, n)
            var said_row = said_in.unsafe_offset(row * said_count)
            penalise(allowed, source, factor, said_row, said_count)
            ban(allowed, ban_in.unsafe_offset(row * ban_count), ban_count)

            var best = maximum(allowed, timestamps, n)
            var best_text = maximum(allowed, 0, timestamps)
            if log_sum_exp(allowed, timestamps, n, best) > best_text:
                forbid(allowed, 0, timestamps)
            else:
                best = max(best, best_text)
            var total = log_sum_exp(allowed, 0, n, best)
            if heat > 0:
                var seed = dice.unsafe_offset(row).unsafe_load[width=1]()
                warm(scores, allowed, n, heat, seed)
            var chosen = token_out.unsafe_offset(row * count)
            var worth = logprob_out.unsafe_offset(row * count)
            best_of(scores, n, count, chosen, worth)
            for j in range(count):
                if worth.unsafe_offset(j).unsafe_load[width=1]() > NEVER:
                    var token = Int(chosen.unsafe_offset(j).unsafe_load[width=1]())
                    worth.unsafe_offset(j).unsafe_store(
                        allowed.unsafe_offset(token).unsafe_load[width=1]() - total
                    )
            allowed.unsafe_free()

        sync_parallelize(task, tokens.dim_size(0))
