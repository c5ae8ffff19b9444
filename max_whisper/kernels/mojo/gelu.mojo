"""GELU, x · Φ(x), to a few ten-millionths, which float32 can hardly tell from exact.

    x · Φ(x) = max(x, 0) - |x| · Φ(-|x|),      Φ(-a) = 2^p(a)

log₂ Φ(-a) is nearly a parabola, so that p is short, where a series for the error
function would have to be long or to divide. With 2^f as a polynomial too, between -½ and
½, the result differs from GELU by 3e-7 at most.
"""

from std.memory import bitcast


@always_inline
def gelu[width: Int](x: SIMD[DType.float32, width]) -> SIMD[DType.float32, width]:
    """As `torch.nn.functional.gelu`; the tail beyond 5.8, 2e-8, is constant."""
    comptime V = SIMD[DType.float32, width]
    comptime ROUND = Float32(12582912)
    var a = min(abs(x), V(5.8))
    var p = a.fma(V(3.3096185e-05), V(-0.0007692485))
    p = a.fma(p, V(0.008080808))
    p = a.fma(p, V(-0.053412244))
    p = a.fma(p, V(-0.45877087))
    p = a.fma(p, V(-1.1512017))
    p = a.fma(p, V(-0.9999931))
    # Adding 1.5 · 2^23 rounds, and leaves the whole number in the lowest bits.
    var rounded = p + ROUND
    var f = p - (rounded - ROUND)
    var e = f.fma(V(0.0013266971), V(0.00967546))
    e = f.fma(e, V(0.05550741))
    e = f.fma(e, V(0.24022122))
    e = f.fma(e, V(0.69314694))
    e = f.fma(e, V(1.0000001))
    var bits = bitcast[DType.int32, width](e)
    bits += bitcast[DType.int32, width](rounded) << 23
    return max(x, V(0)) - a * bitcast[DType.float32, width](bits)
