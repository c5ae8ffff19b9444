"""The operations as our own Mojo kernels, for a CPU, in fp32.

Weights may be kept in fp16 where that loses nothing; they are widened as they are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from max.dtype import DType
from max.graph import (
    BufferValue,
    Dim,
    Shape,
    TensorType,
    TensorValue,
    Weight,
    ops,
)
from numpy.typing import NDArray

from max_whisper.kernels.mojo_blocks import PANEL, MojoBlocks
from max_whisper.kernels.ops import Matrix
from max_whisper.kernels.package import package


@dataclass(frozen=True, slots=True)
class MojoOps(MojoBlocks):
    """See `Ops` for the operations, and `MojoBlocks` for the fields."""

    @property
    def extensions(self) -> list[Path]:
        return package()

    def matrix(self, name: str, rows: int, columns: int) -> Matrix:
        shape = [-(-rows // PANEL), columns, PANEL]
        weight = Weight(name, self.weight_dtype, shape, self.device)
        return Matrix(weight, rows, columns)

    def pack(self, matrix: NDArray[np.floating]) -> NDArray[np.generic]:
        """Panels `[⌈rows / 32⌉, columns, 32]`, the last one filled up with zeros."""
        rows, columns = matrix.shape
        count = -(-rows // PANEL)
        padded = np.zeros((count * PANEL, columns), self.weight_dtype.to_numpy())
        padded[:rows] = matrix
        panels = padded.reshape(count, PANEL, columns).transpose(0, 2, 1)
        return np.ascontiguousarray(panels)

    def linear(
        self,
        x: TensorValue,
        weight: Matrix,
        bias: TensorValue | None,
        *,
        gelu: bool = False,
        add: TensorValue | None = None,
    ) -> TensorValue:
        shape = [x.shape[0], x.shape[1], weight.rows]
        return self._product(x, weight, (bias, add), shape, activate=gelu)

    def convolution(
        self,
        x: TensorValue,
        weight: Matrix,
        bias: TensorValue,
        *,
        stride: int = 1,
        add: TensorValue | None = None,
    ) -> TensorValue:
        pad = 1 if add is None else 0
        frames = (int(x.shape[1]) - 2) // stride
        shape = [x.shape[0], frames + 2 * pad, weight.rows]
        how = {"activate": True, "stride": stride, "pad": pad, "taps": 3}
        return self._product(x, weight, (bias, add), shape, **how)

    def layer_norm(
        self, x: TensorValue, weight: TensorValue, bias: TensorValue
    ) -> TensorValue:
        return self._custom("whisper_layer_norm", [x, weight, bias], x.shape)

    def projections(
        self,
        x: TensorValue,
        norm: tuple[TensorValue, TensorValue],
        into: Sequence[tuple[Matrix, TensorValue | None]],
        *,
        gelu: bool = False,
    ) -> list[TensorValue]:
        h = self.layer_norm(x, *norm)
        return [self.linear(h, weight, bias, gelu=gelu) for weight, bias in into]

    def memorise(
        self, k: TensorValue, v: TensorValue, heads: int
    ) -> tuple[TensorValue, TensorValue]:
        kernels = ("whisper_pack_keys", "whisper_pack_values")
        how = {"memory_type": self.memory_dtype}
        keys, values = (
            ops.custom(kernel, self.device, [x], [type_], how)[0].tensor
            for kernel, x, type_ in zip(
                kernels, (k, v), self._memory_of(k, heads), strict=True
            )
        )
        return keys, values

    def attention(
        self, q: TensorValue, keys: TensorValue, values: TensorValue
    ) -> TensorValue:
        how = {"memory_type": self.memory_dtype}
        return self._custom("whisper_attention", [q, keys, values], q.shape, **how)

    def cached_attention(
        self,
        qkv: Sequence[TensorValue],
        caches: Sequence[BufferValue],
        paths: Sequence[TensorValue],
        heads: int,
    ) -> TensorValue:
        (y,) = ops.inplace_custom(
            "whisper_cached_attention",
            self.device,
            [*caches, *qkv, *paths],
            [TensorType(self.dtype, qkv[0].shape, self.device)],
            parameters={"heads": heads, "cache_type": self.cache_dtype},
        )
        return y.tensor

    def embed(
        self,
        tokens: TensorValue,
        starts: TensorValue,
        embedding: Matrix,
        positions: TensorValue,
    ) -> TensorValue:
        return self._custom(
            "whisper_embed",
            [tokens, starts, embedding.weight, positions],
            [*tokens.shape, positions.shape[1]],
            weight_type=self.weight_dtype,
        )

    def take(self, x: TensorValue, rows: TensorValue) -> TensorValue:
        return self._custom("whisper_take", [x, rows], [x.shape[0], 1, x.shape[2]])

    def logits(self, x: TensorValue, embedding: Matrix) -> TensorValue:
        return self.linear(x, embedding, None)

    def next_tokens(
        self,
        x: TensorValue,
        norm: tuple[TensorValue, TensorValue],
        embedding: Matrix,
        rules: Sequence[TensorValue],
    ) -> list[TensorValue]:
        batch, group, _ = x.shape
        shape = [batch * group, group + 1]
        found = ops.custom(
            "whisper_next_tokens",
            self.device,
            [x, *norm, embedding.weight, *rules],
            [TensorType(t, shape, self.device) for t in (DType.int32, DType.float32)],
            parameters={"weight_type": self.weight_dtype},
        )
        return [value.tensor for value in found]

    def probe(self, logits: TensorValue, tokens: TensorValue) -> TensorValue:
        shape = [logits.shape[0], tokens.shape[0]]
        return self._custom("whisper_probe", [logits, tokens], shape)

    def alignment(
        self, q: TensorValue, k: TensorValue, heads: Sequence[int], size: int
    ) -> TensorValue:
        chosen = ops.constant(np.array(heads, np.int32), DType.int32, self.device)
        shape = [q.shape[1], k.shape[1]]
        return self._custom("whisper_alignment", [q, k, chosen], shape, size=size)

    def next_logprobs(
        self, logits: TensorValue, tokens: TensorValue, end: TensorValue
    ) -> TensorValue:
        values = [logits, tokens, end]
        return self._custom("whisper_next_logprobs", values, [logits.shape[1]])

    def log_mel(
        self,
        samples: TensorValue,
        window: TensorValue,
        turns: TensorValue,
        filters: TensorValue,
    ) -> TensorValue:
        shape = [(int(samples.shape[0]) - 240) // 160, filters.shape[0]]
        return self._custom("whisper_log_mel", [samples, window, turns, filters], shape)

    def _product(
        self,
        x: TensorValue,
        weight: Matrix,
        operands: Sequence[TensorValue | None],
        shape: Sequence[Dim | int],
        **how: bool | int,
    ) -> TensorValue:
        """The kernel of both; `operands` are a bias and an addend, if there are."""
        bias, add = operands
        values = [x, weight.weight, *self._given(operands)]
        flags = {"biased": bias is not None, "add": add is not None}
        how = {"stride": 1, "pad": 0, "taps": 1, **flags, **how}
        return self._linear(values, shape, how)

    def _linear(
        self,
        values: Sequence[TensorValue],
        shape: Sequence[Dim | int],
        how: Mapping[str, Any],
    ) -> TensorValue:
        stored = self.weight_dtype
        return self._custom("whisper_linear", values, shape, weight_type=stored, **how)

    def _given(self, operands: Sequence[TensorValue | None]) -> list[TensorValue]:
        """A bias and an addend, with stand-ins that a kernel is told not to read."""
        ranks = (1, 3)
        return [
            self._nothing(rank) if value is None else value
            for value, rank in zip(operands, ranks, strict=True)
        ]

    def _nothing(self, rank: int) -> TensorValue:
        return ops.constant(np.zeros([1] * rank, np.float32), self.dtype, self.device)

    def _custom(
        self, name: str, values: Sequence[Any], shape: Any, **parameters: Any
    ) -> TensorValue:
        types = [TensorType(self.dtype, Shape(shape), self.device)]
        (y,) = ops.custom(name, self.device, values, types, parameters or None)
        return y.tensor
