"""GELU, x · Φ(x), with the exact error function."""

from std.math import erf


@always_inline
def gelu[width: Int](x: SIMD[DType.float32, width]) -> SIMD[DType.float32, width]:
    """As `torch.nn.functional.gelu`."""
    return 0.5 * x * (1 + erf(x * 0.7071067811865476))
