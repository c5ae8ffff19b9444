"""Where the graphs of one set of operations are built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from max.dtype import DType
from max.graph import BufferType, Graph, Module, TensorType, Type

from max_whisper.kernels.int8_ops import Int8Ops
from max_whisper.kernels.mojo_blocks import PANEL
from max_whisper.kernels.mojo_ops import MojoOps
from max_whisper.kernels.ops import Ops


@dataclass
class Bench:
    """Where the graphs of one set of operations are built, or only the `wanted`."""

    ops: Ops
    extensions: Sequence[Path]
    module: Module = field(default_factory=Module)
    prefix: str = ""
    wanted: Sequence[str] = ()

    def add(self, name: str, types: Sequence[Type], build: Callable[..., Any]) -> None:
        if self.wanted and name not in self.wanted:
            return
        with Graph(
            f"{self.prefix}{name}",
            input_types=types,
            module=self.module,
            custom_extensions=self.extensions,
        ) as graph:
            found = build(*(_value(value) for value in graph.inputs))
            graph.output(*(found if isinstance(found, list) else [found]))

    def floats(self, *shape: int | str) -> TensorType:
        return TensorType(self.ops.dtype, shape, self.ops.device)

    def ints(self, *shape: int | str, dtype: DType = DType.int32) -> TensorType:
        return TensorType(dtype, shape, self.ops.device)

    def matrix(self, columns: int | str, rows: int | str = "out") -> TensorType:
        """What `Ops.pack` makes of a matrix `[rows, columns]`."""
        panels = f"panels_of_{rows}"
        if isinstance(self.ops, Int8Ops):
            shape = [panels, f"lines_of_{columns}", PANEL]
            return TensorType(DType.int32, shape, self.ops.device)
        if isinstance(self.ops, MojoOps):
            shape = [panels, columns, PANEL]
            return TensorType(self.ops.weight_dtype, shape, self.ops.device)
        return self.floats(rows, columns)


def _value(value: Any) -> Any:
    return value.buffer if isinstance(value.type, BufferType) else value.tensor
