"""The operations with weights and products in int8, for a CPU.

Weights are quantised by row when they are packed, activations by row as they come. What
was said is kept in float16; all else is as in `MojoOps`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from max.dtype import DType
from max.graph import (
    Dim,
    TensorType,
    TensorValue,
    Weight,
)
from numpy.typing import NDArray

from max_whisper.kernels.mojo_blocks import PANEL
from max_whisper.kernels.mojo_ops import MojoOps
from max_whisper.kernels.ops import Matrix

QUAD = 4
_ROWS_AT_ONCE = 64 * PANEL


@dataclass(frozen=True, slots=True)
class Int8Ops(MojoOps):
    """See `Ops` for the operations; weights are stored as int32, four in one."""

    weight_dtype: DType = DType.int32
    memory_dtype: DType = DType.int32
    cache_dtype: DType = DType.float16

    def matrix(self, name: str, rows: int, columns: int) -> Matrix:
        shape = [-(-rows // PANEL), -(-columns // QUAD) + 2, PANEL]
        return Matrix(Weight(name, DType.int32, shape, self.device), rows, columns)

    def pack(self, matrix: NDArray[np.floating]) -> NDArray[np.generic]:
        """Panels `[⌈rows / 32⌉, ⌈columns / 4⌉ + 2, 32]`, as in `int8.mojo`."""
        rows, columns = matrix.shape
        quads = -(-columns // QUAD)
        panels = np.zeros((-(-rows // PANEL), quads + 2, PANEL), np.int32)
        for first in range(0, rows, _ROWS_AT_ONCE):
            some = matrix[first : first + _ROWS_AT_ONCE]
            count = -(-len(some) // PANEL)
            _fill(panels[first // PANEL :][:count], some.astype(np.float32))
        return panels

    def embed(
        self,
        tokens: TensorValue,
        starts: TensorValue,
        embedding: Matrix,
        positions: TensorValue,
    ) -> TensorValue:
        return self._custom(
            "whisper_int8_embed",
            [tokens, starts, embedding.weight, positions],
            [*tokens.shape, positions.shape[1]],
        )

    def memory_types(self, heads: int, size: int, positions: int) -> list[TensorType]:
        keys = ["batch", heads, -(-positions // PANEL), -(-size // QUAD) + 2, PANEL]
        values = ["batch", heads, -(-size // PANEL), -(-positions // QUAD) + 2, PANEL]
        return [TensorType(DType.int32, shape, self.device) for shape in (keys, values)]

    def _linear(
        self,
        values: Sequence[TensorValue],
        shape: Sequence[Dim | int],
        how: Mapping[str, Any],
    ) -> TensorValue:
        return self._custom("whisper_int8_linear", values, shape, **how)


def _fill(panels: NDArray[np.int32], matrix: NDArray[np.float32]) -> None:
    """Quantise some rows of a matrix into their panels."""
    rows, columns = matrix.shape
    count, quads = len(panels), panels.shape[1] - 2
    steps = np.zeros(count * PANEL, np.float32)
    steps[:rows] = np.abs(matrix).max(axis=1) / 127
    packed = np.zeros((count * PANEL, quads * QUAD), np.int8)
    np.rint(
        matrix / np.where(steps > 0, steps, 1)[:rows, None],
        out=packed[:rows, :columns],
        casting="unsafe",
    )
    lines = packed.view(np.int32).reshape(count, PANEL, quads)
    panels[:, :quads] = lines.transpose(0, 2, 1)
    panels[:, quads] = steps.view(np.int32).reshape(count, PANEL)
    panels[:, quads + 1] = packed.sum(axis=1, dtype=np.int32).reshape(count, PANEL)
