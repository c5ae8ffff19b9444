"""The small parts of a block, each fed by the place of its weights."""

from __future__ import annotations

from max.graph import TensorValue

from max_whisper.model.parameters import Parameters


def linear(
    x: TensorValue,
    at: Parameters,
    *,
    gelu: bool = False,
    add: TensorValue | None = None,
) -> TensorValue:
    """`[B, T, in]` to `[B, T, out]`, then GELU, then a residual."""
    return at.ops.linear(x, at.matrix(), at.bias(), gelu=gelu, add=add)


def convolution(
    x: TensorValue, at: Parameters, *, stride: int = 1, add: TensorValue | None = None
) -> TensorValue:
    """Three taps and GELU over a padded x; see `Ops.convolution`."""
    bias = at.tensor("bias")
    return at.ops.convolution(x, at.matrix(), bias, stride=stride, add=add)


def layer_norm(x: TensorValue, at: Parameters) -> TensorValue:
    """Over the last axis."""
    return at.ops.layer_norm(x, at.tensor(), at.tensor("bias"))


def feed_forward(x: TensorValue, at: Parameters) -> TensorValue:
    """The second half of every block, with its residual."""
    h = layer_norm(x, at / "final_layer_norm")
    h = linear(h, at / "fc1", gelu=True)
    return linear(h, at / "fc2", add=x)
