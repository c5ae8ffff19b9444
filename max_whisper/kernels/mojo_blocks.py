"""Whole blocks as our own Mojo kernels, in any precision: `BlockOps`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from max.dtype import DType
from max.graph import BufferValue, DeviceRef, TensorType, TensorValue, Value, ops

PANEL = 32


@dataclass(frozen=True, slots=True)
class MojoBlocks:
    """`weight_dtype` is float32 or float16, or int32 for four int8 in one.

    What an attention has memorised of the sound is of `memory_dtype`, and what was
    said, in the caches, of `cache_dtype`.
    """

    weight_dtype: DType = DType.float32
    memory_dtype: DType = DType.float32
    cache_dtype: DType = DType.float32

    @property
    def device(self) -> DeviceRef:
        return DeviceRef.CPU()

    @property
    def dtype(self) -> DType:
        return DType.float32

    def memory_types(self, heads: int, size: int, positions: int) -> list[TensorType]:
        keys = ["batch", heads, -(-positions // PANEL), size, PANEL]
        values = ["batch", heads, -(-size // PANEL), positions, PANEL]
        return [TensorType(self.dtype, shape, self.device) for shape in (keys, values)]

    def encoder_block(
        self, x: TensorValue, heads: int, weights: Sequence[Value[Any]]
    ) -> TensorValue:
        rows = TensorType(self.dtype, x.shape, self.device)
        y, *_ = ops.custom(
            "whisper_encoder_block",
            self.device,
            [x, *weights],
            [*[rows] * 4, *self._memory_of(x, heads)],
            parameters=self._block_parameters,
        )
        return y.tensor

    def cross(
        self, x: TensorValue, heads: int, weights: Sequence[Value[Any]]
    ) -> tuple[TensorValue, TensorValue]:
        rows = TensorType(self.dtype, x.shape, self.device)
        keys, values, _ = ops.custom(
            "whisper_cross",
            self.device,
            [x, *weights],
            [*self._memory_of(x, heads), rows],
            parameters=self._block_parameters,
        )
        return keys.tensor, values.tensor

    def decoder_block(
        self,
        x: TensorValue,
        memory: Sequence[TensorValue],
        caches: Sequence[BufferValue],
        weights: Sequence[Value[Any]],
    ) -> tuple[TensorValue, TensorValue]:
        types = [TensorType(self.dtype, x.shape, self.device)] * 2
        y, queries = ops.inplace_custom(
            "whisper_decoder_block",
            self.device,
            [*caches, x, *memory, *weights],
            types,
            parameters={**self._block_parameters, "cache_type": self.cache_dtype},
        )
        return y.tensor, queries.tensor

    def _memory_of(self, x: TensorValue, heads: int) -> list[TensorType]:
        """The types of what is memorised of keys or values like x."""
        batch, positions, width = x.shape
        types = self.memory_types(heads, int(width) // heads, int(positions))
        return [
            TensorType(type_.dtype, [batch, *type_.shape[1:]], self.device)
            for type_ in types
        ]

    @property
    def _block_parameters(self) -> dict[str, Any]:
        return {
            "weight_type": self.weight_dtype,
            "memory_type": self.memory_dtype,
        }
