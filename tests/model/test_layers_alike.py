"""Layers that are built once have weights of their own."""

from __future__ import annotations

import numpy as np
from max.driver import CPU, Buffer
from max.dtype import DType
from max.engine import InferenceSession
from max.graph import DeviceRef, Graph, TensorType, TensorValue

from max_whisper.kernels.plain_ops import PlainOps
from max_whisper.model.layers_alike import LayersAlike
from max_whisper.model.parameters import Parameters


def test_each_call_has_the_weights_of_its_layer() -> None:
    ops = PlainOps(DeviceRef.CPU(), DType.float32)
    weights = {
        f"layers.{i}.norm.weight": np.array([1, 2, 3], np.float32) * (i + 1)
        for i in range(3)
    }
    at = Parameters(ops, {name: value.shape for name, value in weights.items()})
    built = 0

    def scale(at: Parameters, x: TensorValue) -> list[TensorValue]:
        nonlocal built
        built += 1
        return [x * (at / "norm").tensor() + 1]

    with Graph(
        "whole", input_types=[TensorType(DType.float32, ["n", 3], ops.device)]
    ) as graph:
        x = graph.inputs[0].tensor
        layers = LayersAlike("layer", scale)
        for i in range(3):
            x = layers(at / f"layers.{i}", x)[0].tensor
        graph.output(x)
    assert built == 1
    buffers = {name: Buffer.from_numpy(value) for name, value in weights.items()}
    model = InferenceSession([CPU()]).load(graph, weights_registry=buffers)
    start = np.array([[1, 1, 1], [2, 0, -1]], np.float32)
    expected = start
    for value in weights.values():
        expected = expected * value + 1
    (found,) = model.execute(Buffer.from_numpy(start))
    np.testing.assert_allclose(found.to_numpy(), expected)
