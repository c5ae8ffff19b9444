"""Safetensors files, mapped into memory: a length, a JSON header, then the numbers.

The format is https://github.com/huggingface/safetensors#format. Its own NumPy reader
copies every tensor and knows no bfloat16, so this one stands here.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from max_whisper.errors import CheckpointError
from max_whisper.weights.bfloat16 import BFLOAT16
from max_whisper.weights.checkpoint import Tensor

DTYPES: dict[str, np.dtype[Any]] = {
    "F16": np.dtype("<f2"),
    "BF16": BFLOAT16,
    "F32": np.dtype("<f4"),
}
LENGTH_BYTES = 8


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Every tensor of the file under its own name, mapped and read-only.

    bfloat16 comes as its bits (`bfloat16.BFLOAT16`). Raises `CheckpointError` for a
    file that is cut off, not safetensors, or of another kind of number.
    """
    try:
        header, numbers = _split(np.memmap(path, np.uint8, "r"))
        return {
            name: _tensor(name, entry, numbers)
            for name, entry in header.items()
            if name != "__metadata__"
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(
            f"{path}: expected a whole safetensors file, could not read it as one "
            f"({error}); fetch it again"
        ) from error


def _split(data: Tensor) -> tuple[dict[str, Any], Tensor]:
    """Part a file into its header and the bytes that follow."""
    length = int.from_bytes(data[:LENGTH_BYTES].tobytes(), "little")
    start = LENGTH_BYTES + length
    if start > data.size:
        raise ValueError(f"a header of {length} bytes in a file of {data.size}")
    header = json.loads(data[LENGTH_BYTES:start].tobytes())
    return header, np.asarray(data[start:])


def _tensor(name: str, entry: dict[str, Any], numbers: Tensor) -> Tensor:
    dtype = DTYPES.get(entry["dtype"])
    if dtype is None:
        raise CheckpointError(
            f"expected {', '.join(DTYPES)} for {name}, found {entry['dtype']}; "
            "use a checkpoint that is not quantised"
        )
    start, end = entry["data_offsets"]
    if not 0 <= start <= end <= numbers.size:
        raise ValueError(f"{name} at bytes {start} to {end} of {numbers.size}")
    if end - start != math.prod(entry["shape"]) * dtype.itemsize:
        raise ValueError(f"{end - start} bytes for {name} of shape {entry['shape']}")
    return numbers[start:end].view(dtype).reshape(entry["shape"])
