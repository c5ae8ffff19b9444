"""The small parts of a block, each fed by the place of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from max.graph import TensorValue, Value

from max_whisper.model.parameters import Parameters

QKV = ("q_proj", "k_proj", "v_proj")


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


def projections(
    x: TensorValue, norm: Parameters, into: Sequence[Parameters], *, gelu: bool = False
) -> list[TensorValue]:
    """The layer norm of x, and a linear layer of it for each of `into`."""
    return norm.ops.projections(
        x,
        (norm.tensor(), norm.tensor("bias")),
        [(at.matrix(), at.bias()) for at in into],
        gelu=gelu,
    )


def weights_of(norm: Parameters, products: Sequence[Parameters]) -> list[Value[Any]]:
    """A layer norm's, then those of each product."""
    return [norm.tensor(), norm.tensor("bias"), *products_of(products)]


def products_of(products: Sequence[Parameters]) -> list[Value[Any]]:
    """The matrix of each, and its bias if it has one."""
    found: list[Value[Any]] = []
    for product in products:
        found.append(product.matrix().weight)
        if (bias := product.bias()) is not None:
            found.append(bias)
    return found


def feed_forward(x: TensorValue, at: Parameters) -> TensorValue:
    """The second half of every block, with its residual."""
    (h,) = projections(x, at / "final_layer_norm", [at / "fc1"], gelu=True)
    return linear(h, at / "fc2", add=x)
