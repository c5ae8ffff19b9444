"""Random numbers by MAX's own operations, each a function of its seed and place alone.

MAX's generator has one seed for a whole tensor, so a row would draw other tokens in
other company. Here a number is stirred modulo the prime p = 2³¹ − 1:

    x ← seed + place · a,   then a few times   x ← a · x⁵ + b   (mod p)

Powers of five only change the order of the numbers below p, since 5 does not divide
p − 1; what they do to neighbours is far from linear.
"""

from __future__ import annotations

from max.dtype import DType
from max.graph import TensorValue, ops

PRIME = 2**31 - 1
FACTOR, SHIFT = 630_360_016, 1_013_904_223
ROUNDS = 3
LARGEST = 1 - 2**-24
"""The float32 below 1."""


def uniform_numbers(seeds: TensorValue, places: TensorValue) -> TensorValue:
    """Numbers between 0 and 1, neither included: `[R, 1]` and `[1, N]` to `[R, N]`.

    Seeds are uint64, places int32.
    """
    low = ops.cast(seeds % _like(seeds, 2**32), DType.int64)
    high = ops.cast(ops.floor_div(seeds, _like(seeds, 2**32)), DType.int64)
    prime = _like(low, PRIME)
    x = (ops.cast(places, DType.int64) * FACTOR + low) % prime
    x = (x + high * SHIFT % prime) % prime
    for _ in range(ROUNDS):
        square = x * x % prime
        x = (square * square % prime * x % prime * FACTOR + SHIFT) % prime
    share = (ops.cast(x, DType.float32) + 0.5) * (1.0 / 2**31)
    return ops.min(share, ops.constant(LARGEST, DType.float32, share.device))


def _like(x: TensorValue, value: int) -> TensorValue:
    return ops.constant(value, x.dtype, x.device)
