"""The operations as MAX's own, for any device: the baseline of our kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from max.dtype import DType
from max.graph import (
    BufferValue,
    DeviceRef,
    Dim,
    TensorType,
    TensorValue,
    Weight,
    ops,
)
from numpy.typing import NDArray

from max_whisper.kernels.ops import Matrix
from max_whisper.kernels.plain_alignment import alignment, next_logprobs
from max_whisper.kernels.plain_log_mel import log_mel
from max_whisper.kernels.plain_next_tokens import next_tokens


@dataclass(frozen=True, slots=True)
class PlainOps:
    """`dtype` is float32, float16 or bfloat16; see `Ops` for the operations."""

    device: DeviceRef
    dtype: DType

    @property
    def cache_dtype(self) -> DType:
        return self.dtype

    @property
    def extensions(self) -> list[Path]:
        return []

    def matrix(self, name: str, rows: int, columns: int) -> Matrix:
        weight = Weight(name, self.dtype, [rows, columns], self.device)
        return Matrix(weight, rows, columns)

    def pack(self, matrix: NDArray[np.floating]) -> NDArray[np.generic]:
        """As it is; bfloat16 is made from float32 where the weight is bound."""
        half = self.dtype == DType.float16
        return np.ascontiguousarray(matrix, np.float16 if half else np.float32)

    def linear(
        self,
        x: TensorValue,
        weight: Matrix,
        bias: TensorValue | None,
        *,
        gelu: bool = False,
        add: TensorValue | None = None,
    ) -> TensorValue:
        y = ops.matmul(x, ops.transpose(TensorValue(weight.weight), 0, 1))
        if bias is not None:
            y = y + bias
        if gelu:
            y = ops.gelu(y)
        return y if add is None else y + add

    def convolution(
        self,
        x: TensorValue,
        weight: Matrix,
        bias: TensorValue,
        *,
        stride: int = 1,
        add: TensorValue | None = None,
    ) -> TensorValue:
        last = int(x.shape[1]) - 2
        taps = [x[:, tap : tap + last : stride, :] for tap in range(3)]
        y = self.linear(ops.concat(taps, axis=2), weight, bias, gelu=True, add=add)
        return ops.pad(y, [0, 0, 1, 1, 0, 0]) if add is None else y

    def layer_norm(
        self, x: TensorValue, weight: TensorValue, bias: TensorValue
    ) -> TensorValue:
        return ops.layer_norm(x, weight, bias, 1e-5)

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

    def memory_types(self, heads: int, size: int, positions: int) -> list[TensorType]:
        shape = ["batch", heads, positions, size]
        return [TensorType(self.dtype, shape, self.device)] * 2

    def memorise(
        self, k: TensorValue, v: TensorValue, heads: int
    ) -> tuple[TensorValue, TensorValue]:
        return self._split(k, heads), self._split(v, heads)

    def attention(
        self, q: TensorValue, keys: TensorValue, values: TensorValue
    ) -> TensorValue:
        heads = int(keys.shape[1])
        return self._join(self._attend(self._split(q, heads), keys, values))

    def cached_attention(
        self,
        qkv: Sequence[TensorValue],
        caches: Sequence[BufferValue],
        paths: Sequence[TensorValue],
        heads: int,
    ) -> TensorValue:
        q, k, v = qkv
        slots, starts, ancestors = paths
        here = self._places(starts, q.shape[1])  # [R, T]
        written = self._pairs(ops.unsqueeze(slots, 1), here)  # [R, T, 2]
        every = ops.unsqueeze(self._range(ancestors.shape[1]), 0)  # [1, path]
        read = self._pairs(ancestors, every)  # [R, path, 2]
        past = []
        for cache, new in zip(caches, (k, v), strict=True):
            filled = ops.scatter_nd(ops.buffer_load(cache), new, written)
            ops.buffer_store(cache, filled)
            past.append(self._split(ops.gather_nd(filled, read), heads))
        keys, values = past
        seen = ops.unsqueeze(here, 2) >= ops.unsqueeze(every, 0)  # [R, T, path]
        q = self._split(q, heads)
        return self._join(self._attend(q, keys, values, ops.unsqueeze(seen, 1)))

    def embed(
        self,
        tokens: TensorValue,
        starts: TensorValue,
        embedding: Matrix,
        positions: TensorValue,
    ) -> TensorValue:
        here = self._places(starts, tokens.shape[1])
        words = ops.gather(TensorValue(embedding.weight), tokens, axis=0)
        return words + ops.gather(positions, here, axis=0)

    def take(self, x: TensorValue, rows: TensorValue) -> TensorValue:
        places = ops.stack([self._range(x.shape[0]), rows], axis=1)
        return ops.unsqueeze(ops.gather_nd(x, places), 1)

    def next_tokens(
        self,
        x: TensorValue,
        norm: tuple[TensorValue, TensorValue],
        embedding: Matrix,
        rules: Sequence[TensorValue],
    ) -> list[TensorValue]:
        return next_tokens(self.logits(self.layer_norm(x, *norm), embedding), rules)

    def logits(self, x: TensorValue, embedding: Matrix) -> TensorValue:
        return self.linear(x, embedding, None)

    def probe(self, logits: TensorValue, tokens: TensorValue) -> TensorValue:
        flat = ops.cast(ops.squeeze(logits, 1), DType.float32)
        return ops.gather(ops.logsoftmax(flat), tokens, axis=1)

    def alignment(
        self, q: TensorValue, k: TensorValue, heads: Sequence[int], size: int
    ) -> TensorValue:
        return alignment(q, k, heads, size)

    def next_logprobs(
        self, logits: TensorValue, tokens: TensorValue, end: TensorValue
    ) -> TensorValue:
        return next_logprobs(logits, tokens, end)

    def log_mel(
        self,
        samples: TensorValue,
        window: TensorValue,
        turns: TensorValue,
        filters: TensorValue,
    ) -> TensorValue:
        return log_mel(samples, window, turns, filters)

    def _range(self, size: Dim) -> TensorValue:
        """0, 1, 2, … as int32, `[size]`."""
        return ops.range(
            0, size, 1, out_dim=size, device=self.device, dtype=DType.int32
        )

    def _places(self, starts: TensorValue, count: Dim) -> TensorValue:
        """`[R]` and T to the positions of the new tokens `[R, T]`."""
        return ops.unsqueeze(starts, 1) + ops.unsqueeze(self._range(count), 0)

    def _pairs(self, slots: TensorValue, positions: TensorValue) -> TensorValue:
        """Two indices that broadcast to `[R, N]` as pairs `[R, N, 2]`."""
        zero = slots * 0 + positions * 0
        return ops.stack([slots + zero, positions + zero], axis=2)

    def _split(self, x: TensorValue, heads: int) -> TensorValue:
        """`[B, T, D]` to `[B, H, T, S]`."""
        batch, length, width = x.shape
        return x.reshape((batch, length, heads, int(width) // heads)).transpose(1, 2)

    def _join(self, x: TensorValue) -> TensorValue:
        """`[B, H, T, S]` to `[B, T, D]`."""
        batch, heads, length, size = x.shape
        return x.transpose(1, 2).reshape((batch, length, int(heads) * int(size)))

    def _attend(
        self,
        q: TensorValue,
        keys: TensorValue,
        values: TensorValue,
        seen: TensorValue | None = None,
    ) -> TensorValue:
        """Softmax attention over `[B, H, T, S]`; only `seen [B, 1, T, P]` counts."""
        scale = int(q.shape[3]) ** -0.5
        scores = ops.matmul(q, keys.transpose(2, 3))
        if seen is not None:
            hidden = ops.constant(-1e4, self.dtype, self.device)
            scores = ops.where(seen, scores, ops.broadcast_to(hidden, scores.shape))
        return ops.matmul(ops.softmax(scores * scale), values)
