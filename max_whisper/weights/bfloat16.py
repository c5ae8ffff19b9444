"""bfloat16, which NumPy lacks: inside this room its bits travel as 16-bit integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from max_whisper.weights.checkpoint import Tensor

BFLOAT16: np.dtype[Any] = np.dtype("<u2")


def dtype_name(tensor: Tensor) -> str:
    """The name of the numbers that `tensor` holds."""
    return "bfloat16" if tensor.dtype == BFLOAT16 else tensor.dtype.name


def widen(tensor: Tensor) -> Tensor:
    """Make float32 of bfloat16, exactly; leave every other tensor as it is."""
    if tensor.dtype != BFLOAT16:
        return tensor
    return (tensor.astype(np.uint32) << 16).view(np.float32)
