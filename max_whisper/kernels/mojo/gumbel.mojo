"""Gumbel noise: the best of `logit / temperature + noise` is a fair sample."""

from std.math import iota, log

from .matmul import WIDTH


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
    token: Int,
):
    """y = x / heat + noise, for `n` tokens from `token` on."""
    var i = 0
    while i + WIDTH <= n:
        var value = x.unsafe_offset(i).unsafe_load[width=WIDTH]() / heat
        var tokens = iota[DType.uint64, WIDTH](UInt64(token + i))
        y.unsafe_offset(i).unsafe_store(value + gumbel[WIDTH](seed, tokens))
        i += WIDTH
    while i < n:
        var value = x.unsafe_offset(i).unsafe_load[width=1]() / heat
        y.unsafe_offset(i).unsafe_store(value + gumbel[1](seed, UInt64(token + i)))
        i += 1
