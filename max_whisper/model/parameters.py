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

    `shapes` are those of the whole checkpoint, by key. `layer` is what keys begin with
    that stand for those of any layer alike.
    """

    ops: Ops
    shapes: Mapping[str, tuple[int, ...]]
    path: str = ""
    layer: str = ""

    def __truediv__(self, name: str) -> Parameters:
        return replace(self, path=f"{self.path}.{name}" if self.path else name)

    def of_any_layer(self) -> Parameters:
        """This place, a layer's, for a subgraph that is called for all of them."""
        return replace(self, layer=f"{self.path}.")

    def matrix(self) -> Matrix:
        """The `weight` here as a matrix `[rows, all that a row reads]`."""
        key = f"{self.path}.weight"
        rows, *columns = self.shapes[key]
        matrix = self.ops.matrix(key.removeprefix(self.layer), rows, prod(columns))
        self._mark(matrix.weight)
        return matrix

    def tensor(self, name: str = "weight") -> TensorValue:
        """A vector or a table, as it is."""
        key = f"{self.path}.{name}"
        name, shape = key.removeprefix(self.layer), self.shapes[key]
        weight = Weight(name, self.ops.dtype, shape, self.ops.device)
        self._mark(weight)
        return TensorValue(weight)

    def bias(self) -> TensorValue | None:
        """The `bias` here, if the checkpoint has one."""
        return self.tensor("bias") if f"{self.path}.bias" in self.shapes else None

    def _mark(self, weight: Weight) -> None:
        """Say that calls complete a name; MAX has no public word for it."""
        weight._placeholder = bool(self.layer)
