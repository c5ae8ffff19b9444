"""Weights by their place in the checkpoint, so that the path is the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

from max.graph import TensorValue, Weight

from max_whisper.kernels.ops import Matrix, Ops


@dataclass(frozen=True, slots=True)
class Parameters:
    """A place in a checkpoint: `parameters / "encoder" / "layers.0"`.

    `shapes` are those of the whole checkpoint, by key.
    """

    ops: Ops
    shapes: Mapping[str, tuple[int, ...]]
    path: str = ""

    def __truediv__(self, name: str) -> Parameters:
        return replace(self, path=f"{self.path}.{name}" if self.path else name)

    def matrix(self) -> Matrix:
        """The `weight` here as a matrix `[rows, all that a row reads]`."""
        key = f"{self.path}.weight"
        rows, *columns = self.shapes[key]
        return self.ops.matrix(key, rows, prod(columns))

    def tensor(self, name: str = "weight") -> TensorValue:
        """A vector or a table, as it is."""
        key = f"{self.path}.{name}"
        weight = Weight(key, self.ops.dtype, self.shapes[key], self.ops.device)
        return TensorValue(weight)

    def bias(self) -> TensorValue | None:
        """The `bias` here, if the checkpoint has one."""
        return self.tensor("bias") if f"{self.path}.bias" in self.shapes else None
