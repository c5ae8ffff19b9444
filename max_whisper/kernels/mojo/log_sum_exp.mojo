"""The logarithm of a sum of exponentials, over a part of the logits."""

from std.math import exp, log

from .matmul import WIDTH, Vector

comptime NEVER = Float32.MIN
"""The logit of what may not come."""


@always_inline
def log_sum_exp(
    x: Pointer[Float32, _], first: Int, last: Int, best: Float32
) -> Float32:
    """The logarithm of Σ exp(x[i]) over first ≤ i < last, whose largest is `best`; minus
    infinity if there is nothing.
    """
    if best == NEVER:
        return NEVER
    return best + log(sum_exp(x, first, last, best))


@always_inline
def sum_exp(x: Pointer[Float32, _], first: Int, last: Int, best: Float32) -> Float32:
    """Σ exp(x[i] - best) over first ≤ i < last."""
    var sums = Vector(0)
    var i = first
    while i + WIDTH <= last:
        sums += exp(x.unsafe_offset(i).unsafe_load[width=WIDTH]() - best)
        i += WIDTH
    var sum = sums.reduce_add()
    while i < last:
        sum += exp(x.unsafe_offset(i).unsafe_load[width=1]() - best)
        i += 1
    return sum


@always_inline
def maximum(x: Pointer[Float32, _], first: Int, last: Int) -> Float32:
    """The largest of x[i] over first ≤ i < last."""
    var bests = Vector(NEVER)
    var i = first
    while i + WIDTH <= last:
        bests = max(bests, x.unsafe_offset(i).unsafe_load[width=WIDTH]())
        i += WIDTH
    var best = bests.reduce_max()
    while i < last:
        best = max(best, x.unsafe_offset(i).unsafe_load[width=1]())
        i += 1
    return best
