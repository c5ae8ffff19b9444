"""The operations for GPUs: MAX's own in the encoder, with cuBLAS's products on NVIDIA's
(`engine/compile.py`); in the decoder, where rows are few, ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from max.dtype import DType
from max.graph import BufferValue, Dim, StaticDim, TensorType, TensorValue, Weight, ops
from max.nn.attention import MHAMaskVariant
from max.nn.kernels import flash_attention_gpu
from numpy.typing import NDArray

from max_whisper.kernels.ops import Matrix
from max_whisper.kernels.package import GPU_KERNELS, package
from max_whisper.kernels.plain_ops import PlainOps

ROWS, DEPTH = 8, 32
"""A matrix of a product has a multiple of so many rows, and for ours of columns."""
FEW = 16
"""Rows of a window up to which a product is ours, if their number is known."""
STRETCH = 4096
"""Tokens of a row that are looked through by one block."""


@dataclass(frozen=True, slots=True)
class GpuOps(PlainOps):
    """`dtype` is float32, float16 or bfloat16; see `Ops` for the operations.

    `own_products` says whether products of few rows are ours, which are made for
    NVIDIA's matrix units and half precision.
    """

    own_products: bool = False

    @property
    def extensions(self) -> list[Path]:
        return package(GPU_KERNELS)

    def matrix(self, name: str, rows: int, columns: int) -> Matrix:
        weight = Weight(name, self.dtype, [_round_up(rows), columns], self.device)
        return Matrix(weight, rows, columns)

    def pack(self, matrix: NDArray[np.floating]) -> NDArray[np.generic]:
        """Rows of zeros fill it up."""
        rows = len(matrix)
        filled = np.pad(matrix, ((0, _round_up(rows) - rows), (0, 0)))
        return PlainOps.pack(self, filled)

    def linear(
        self,
        x: TensorValue,
        weight: Matrix,
        bias: TensorValue | None,
        *,
        gelu: bool = False,
        add: TensorValue | None = None,
    ) -> TensorValue:
        if self._is_of_few_rows(x):
            y = self._few_rows(x, weight, bias, gelu=gelu, add=add)
        else:
            y = PlainOps.linear(self, x, weight, bias, gelu=gelu, add=add)
        whole = weight.weight.shape[0] == weight.rows
        return y if whole else y[:, :, : weight.rows]

    def memory_types(self, heads: int, size: int, positions: int) -> list[TensorType]:
        shape = ["batch", positions, heads, size]
        return [TensorType(self.dtype, shape, self.device)] * 2

    def memorise(
        self, k: TensorValue, v: TensorValue, heads: int
    ) -> tuple[TensorValue, TensorValue]:
        batch, positions, width = k.shape
        shape = (batch, positions, heads, int(width) // heads)
        return k.reshape(shape), v.reshape(shape)

    def attention(
        self, q: TensorValue, keys: TensorValue, values: TensorValue
    ) -> TensorValue:
        if q.shape[1] == keys.shape[1]:
            return self._encoder_attention(q, keys, values)
        size = int(keys.shape[3])
        known = {"type": self.dtype, "size": size}
        return self._custom("attention", [q, keys, values], q.type, **known)

    def cached_attention(
        self,
        qkv: Sequence[TensorValue],
        caches: Sequence[BufferValue],
        paths: Sequence[TensorValue],
        heads: int,
    ) -> TensorValue:
        (y,) = ops.inplace_custom(
            "whisper_gpu_cached_attention",
            self.device,
            [*caches, *qkv, *paths],
            [qkv[0].type],
            {"type": self.dtype, "size": int(qkv[0].shape[2]) // heads},
        )
        return y.tensor

    def logits(self, x: TensorValue, embedding: Matrix) -> TensorValue:
        y = self._all_logits(x, embedding)
        whole = embedding.weight.shape[0] == embedding.rows
        return y if whole else y[:, :, : embedding.rows]

    def next_tokens(
        self,
        x: TensorValue,
        norm: tuple[TensorValue, TensorValue],
        embedding: Matrix,
        rules: Sequence[TensorValue],
    ) -> list[TensorValue]:
        logits = self._all_logits(self.layer_norm(x, *norm), embedding)
        return self.best_tokens(logits, rules)

    def best_tokens(
        self, logits: TensorValue, rules: Sequence[TensorValue]
    ) -> list[TensorValue]:
        """`next_tokens` from logits `[B, G, at least V]`."""
        batch, group, size = logits.shape
        rows, count = batch * group, group + 1
        parts = [rows, (size + STRETCH - 1) // STRETCH, 2]
        best = [*parts, count]
        found = ops.custom(
            "whisper_gpu_look_through",
            self.device,
            [logits, *rules],
            [
                *[self._type(DType.float32, parts)] * 2,
                *[self._type(DType.float32, best)] * 2,
                self._type(DType.int32, best),
            ],
            {"type": logits.dtype, "stretch": STRETCH},
        )
        tokens, logprobs = ops.custom(
            "whisper_gpu_join",
            self.device,
            found,
            [self._type(kind, [rows, count]) for kind in (DType.int32, DType.float32)],
        )
        return [tokens.tensor, logprobs.tensor]

    def alignment(
        self, q: TensorValue, k: TensorValue, heads: Sequence[int], size: int
    ) -> TensorValue:
        chosen = ops.constant(np.array(heads, np.int32), DType.int32, self.device)
        tokens, positions = q.shape[1], k.shape[1]
        known = {"type": self.dtype, "size": size}
        seen = self._type(DType.float32, [len(heads), tokens, positions])
        looks = self._custom("look", [q, k, chosen], seen, **known)
        apart = self._type(DType.float32, [len(heads), 2, positions])
        differences = self._custom("compare", [looks], apart)
        summed = self._type(DType.float32, [tokens, positions])
        return self._custom("smooth", [looks, differences], summed)

    def next_logprobs(
        self, logits: TensorValue, tokens: TensorValue, end: TensorValue
    ) -> TensorValue:
        values, found = (
            [logits, tokens, end],
            self._type(DType.float32, tokens.shape[1:]),
        )
        return self._custom("next_logprobs", values, found, type=logits.dtype)

    def log_mel(
        self,
        samples: TensorValue,
        window: TensorValue,
        turns: TensorValue,
        filters: TensorValue,
    ) -> TensorValue:
        shape = [(int(samples.shape[0]) - 240) // 160, filters.shape[0]]
        values = [samples, window, turns, filters]
        return self._custom("log_mel", values, self._type(DType.float32, shape))

    def _is_of_few_rows(self, x: TensorValue) -> bool:
        """Of a window's tokens, or of any number that is not known when compiled."""
        rows, depth = x.shape[1:]
        few = not isinstance(rows, StaticDim) or int(rows) <= FEW
        return self.own_products and few and int(depth) % DEPTH == 0

    def _few_rows(
        self,
        x: TensorValue,
        weight: Matrix,
        bias: TensorValue | None,
        *,
        gelu: bool = False,
        add: TensorValue | None = None,
    ) -> TensorValue:
        """`linear` by our kernel, with the rows that fill the matrix up."""
        matrix = TensorValue(weight.weight)
        plain = bias is None and add is None
        assert plain or matrix.shape[0] == weight.rows, (
            "only what is plain is filled up"
        )
        rows, columns = matrix.shape
        values = [
            *(x, matrix),
            matrix.reshape([rows * columns]) if bias is None else bias,
            x if add is None else add,
        ]
        forms = {"gelu": gelu, "biased": bias is not None, "adds": add is not None}
        return self._multiply(values, self.dtype, **forms)

    def _all_logits(self, x: TensorValue, embedding: Matrix) -> TensorValue:
        """With those of the rows that fill the matrix up. Ours are in float32: in half
        precision the best two would often be equal."""
        if not self._is_of_few_rows(x):
            return PlainOps.linear(self, x, embedding, None)
        matrix = TensorValue(embedding.weight)
        rows, columns = matrix.shape
        values = [x, matrix, matrix.reshape([rows * columns]), x]
        forms = {"gelu": False, "biased": False, "adds": False}
        return self._multiply(values, DType.float32, **forms)

    def _multiply(
        self, values: Sequence[TensorValue], result: DType, **forms: bool
    ) -> TensorValue:
        x, matrix, *_ = values
        made = self._type(result, [*x.shape[:2], matrix.shape[0]])
        known = {"type": self.dtype, "result": result, **forms}
        return self._custom("linear", values, made, **known)

    def _custom(
        self, name: str, values: Sequence[TensorValue], made: TensorType, **known: Any
    ) -> TensorValue:
        """One of our kernels, of which so much is known when it is compiled."""
        (y,) = ops.custom(f"whisper_gpu_{name}", self.device, values, [made], known)
        return y.tensor

    def _type(self, dtype: DType, shape: Sequence[Dim | int]) -> TensorType:
        return TensorType(dtype, shape, self.device)

    def _encoder_attention(
        self, q: TensorValue, keys: TensorValue, values: TensorValue
    ) -> TensorValue:
        """Each position to all others."""
        q = q.reshape(keys.shape)
        # MAX 26.7 has flash attention for Hopper in bfloat16 only.
        if self.dtype == DType.bfloat16:
            null, scale = MHAMaskVariant.NULL_MASK, int(keys.shape[3]) ** -0.5
            y = flash_attention_gpu(q, keys, values, null, scale)
        else:
            heads = (x.transpose(1, 2) for x in (q, keys, values))
            y = self._attend(*heads).transpose(1, 2)
        batch, positions, count, size = keys.shape
        return y.reshape((batch, positions, int(count) * int(size)))


def _round_up(rows: int) -> int:
    return -(-rows // ROWS) * ROWS
