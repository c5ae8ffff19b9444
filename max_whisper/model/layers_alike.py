"""Layers that differ in their weights alone: built once, called for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from max.graph import BufferType, Graph, Value, ops

from max_whisper.kernels.ops import BlockOps
from max_whisper.model.parameters import Parameters

Build = Callable[..., Sequence[Value[Any]]]
"""From the place of a layer's weights and its inputs to its outputs."""


class LayersAlike:
    """A layer as a subgraph, which MAX compiles once however many there are.

    Where a set of operations has whole blocks as one operation, there is nothing to
    share, and each layer is built by itself.
    """

    def __init__(self, name: str, build: Build) -> None:
        self._name, self._build = name, build
        self._shared: Graph | None = None

    def __call__(self, at: Parameters, *inputs: Value[Any]) -> Sequence[Value[Any]]:
        """The outputs of the layer whose weights are at `at`."""
        if isinstance(at.ops, BlockOps):
            return self._build(at, *inputs)
        if self._shared is None:
            self._shared = self._subgraph(at, inputs)
        outputs: list[Value[Any]] = ops.call(
            self._shared, *inputs, prefix=f"{at.path}."
        )
        return outputs

    def _subgraph(self, at: Parameters, inputs: Sequence[Value[Any]]) -> Graph:
        whole = Graph.current
        with whole.add_subgraph(
            f"{whole.name}_{self._name}",
            input_types=[value.type for value in inputs],
            custom_extensions=at.ops.extensions,
            devices=[at.ops.device],
        ) as graph:
            graph.output(*self._build(at.of_any_layer(), *map(_own, graph.inputs)))
        return graph


def _own(value: Value[Any]) -> Value[Any]:
    return value.buffer if isinstance(value.type, BufferType) else value.tensor
