"""Numbers as float16 and bfloat16 hold them, in float32."""

from __future__ import annotations

import numpy as np

STEPS = {"float16": 2e-3, "bfloat16": 1.6e-2}
"""Two steps from one number to the next, relative."""


def rounded(x: np.ndarray, half: str) -> np.ndarray:
    """What such a number keeps of each value; halves are rounded to even."""
    if half == "float16":
        return x.astype(np.float16).astype(np.float32)
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    bits = bits + 0x7FFF + ((bits >> 16) & 1)
    return (bits & 0xFFFF0000).astype(np.uint32).view(np.float32)
