"""The operations of a window and of a token step: what each must do and read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from max.driver import Buffer
from max.dtype import DType
from max.graph import BufferType, TensorType, Type

from max_whisper.config import WhisperConfig
from max_whisper.features.log_mel import BLOCK_SAMPLES
from max_whisper.features.mel_filters import mel_filters
from max_whisper.kernels.mojo_ops import MojoOps
from max_whisper.kernels.ops import Matrix

WINDOW = "window"
STEP = "token step, 5 rows"
BEAM, SAID = 5, 100
"""Rows of a token step, and tokens of the text so far."""

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """One operation on arrays of fixed shapes, of which the last `caches` are written.

    `operations` are multiplications and additions of its products, `bytes` the weights
    or keys and values that it has to read; 0 where that is not what it is about.
    """

    dtype: str
    ops: MojoOps
    stage: str
    name: str
    arrays: Arrays
    build: Callable[..., Any]
    operations: float = 0
    bytes: float = 0
    caches: int = 0

    @property
    def times(self) -> int:
        """How often a graph does it: often if it is short."""
        return 1 if self.stage == WINDOW else 16

    @property
    def key(self) -> str:
        return f"{self.dtype}: {self.stage}: {self.name}"

    @property
    def types(self) -> list[Type[Any]]:
        """Of the inputs of its graph."""
        tensors = len(self.arrays) - self.caches
        kinds = [TensorType] * tensors + [BufferType] * self.caches
        return [
            kind(DType.from_numpy(array.dtype), array.shape, self.ops.device)
            for kind, array in zip(kinds, self.arrays, strict=True)
        ]

    def inputs(self) -> list[Buffer]:
        """The arrays, copied for each time."""
        arrays = [*self.arrays] * self.times
        return [Buffer.from_numpy(array.copy()) for array in arrays]


def kernels_of(config: WhisperConfig, dtype: str, ops: MojoOps) -> Iterator[Kernel]:
    """What hears 30 s, then what finds the next token of five beams; each once, though
    every layer has its own.
    """
    make = Maker(config, dtype, WINDOW, ops)
    positions, width = config.max_source_positions, config.d_model
    yield make.log_mel()
    yield make.convolution("conv1", config.num_mel_bins, stride=1)
    yield make.convolution("conv2", width, stride=2)
    yield from make.products(positions)
    yield make.attention("attention, with packing", positions)
    yield make.encoder_block()
    make = Maker(config, dtype, STEP, ops)
    yield make.decoder_block()
    yield make.next_tokens()


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the kernels of one stage."""

    config: WhisperConfig
    dtype: str
    stage: str
    ops: MojoOps

    def kernel(
        self, name: str, arrays: Arrays, build: Callable[..., Any], **how: Any
    ) -> Kernel:
        whose = {"dtype": self.dtype, "ops": self.ops, "stage": self.stage}
        return Kernel(name=name, arrays=arrays, build=build, **whose, **how)

    def weight(self, rows: int, columns: int) -> np.ndarray:
        return np.ascontiguousarray(self.ops.pack(numbers(rows, columns)))

    def log_mel(self) -> Kernel:
        filters = mel_filters(self.config.num_mel_bins).astype(np.float32)
        arrays = [numbers(BLOCK_SAMPLES), numbers(400), numbers(400, 2), filters]
        return self.kernel("log-mel", arrays, self.ops.log_mel)

    def convolution(self, name: str, channels: int, *, stride: int) -> Kernel:
        width = self.config.d_model
        frames = 2 * self.config.max_source_positions
        weight = self.weight(width, 3 * channels)
        add = [numbers(1, frames // stride, width)] if stride == 2 else []
        sound = numbers(1, frames + 2, channels)

        def build(x: Any, w: Any, b: Any, add: Any = None) -> Any:
            matrix = Matrix(w, width, 3 * channels)
            return self.ops.convolution(x, matrix, b, stride=stride, add=add)

        return self.kernel(
            name,
            [sound, weight, numbers(width), *add],
            build,
            operations=2 * (frames // stride) * width * 3 * channels,
            bytes=weight.nbytes,
        )

    def products(self, rows: int) -> Iterator[Kernel]:
        """The linear layers of a block, with what is done in the same operation."""
        width, hidden = self.config.d_model, self.config.encoder_ffn_dim
        yield self.projections("layer norm, q k v", rows, width, count=3)
        yield self.linear("out_proj, residual", rows, width, width)
        yield self.projections("layer norm, fc1, GELU", rows, hidden, count=1)
        yield self.linear("fc2, residual", rows, hidden, width)

    def projections(self, name: str, rows: int, out: int, *, count: int) -> Kernel:
        width = self.config.d_model
        weights = [self.weight(out, width) for _ in range(count)]

        def build(x: Any, scale: Any, shift: Any, bias: Any, *weights: Any) -> Any:
            # As in every block, keys have no bias.
            into = [
                (Matrix(w, out, width), None if i == 1 else bias)
                for i, w in enumerate(weights)
            ]
            return self.ops.projections(x, (scale, shift), into, gelu=count == 1)

        return self.kernel(
            name,
            [numbers(1, rows, width), *map(numbers, (width, width, out)), *weights],
            build,
            operations=2 * rows * width * out * count,
            bytes=sum(w.nbytes for w in weights),
        )

    def linear(self, name: str, rows: int, k: int, n: int) -> Kernel:
        weight = self.weight(n, k)

        def build(x: Any, w: Any, b: Any, add: Any) -> Any:
            return self.ops.linear(x, Matrix(w, n, k), b, add=add)

        return self.kernel(
            name,
            [numbers(1, rows, k), weight, numbers(n), numbers(1, rows, n)],
            build,
            operations=2 * rows * n * k,
            bytes=weight.nbytes,
        )

    def attention(self, name: str, queries: int) -> Kernel:
        width, heads = self.config.d_model, self.config.encoder_attention_heads
        positions = self.config.max_source_positions
        memory = numbers(1, positions, width)

        def build(q: Any, k: Any, v: Any) -> Any:
            return self.ops.attention(q, *self.ops.memorise(k, v, heads))

        return self.kernel(
            name,
            [numbers(1, queries, width), memory, memory],
            build,
            operations=4 * queries * positions * width,
            bytes=2 * memory.nbytes,
        )

    def encoder_block(self) -> Kernel:
        """A whole block of the encoder."""
        config = self.config
        width, hidden = config.d_model, config.encoder_ffn_dim
        positions, heads = config.max_source_positions, config.encoder_attention_heads
        products = 4 * width * width + 2 * width * hidden
        weights = self.block_weights(hidden, self.attention_weights())
        return self.kernel(
            "a block",
            [numbers(1, positions, width), *weights],
            lambda x, *weights: self.ops.encoder_block(x, heads, weights),
            operations=2 * positions * (products + 2 * positions * width),
            bytes=sum(array.nbytes for array in weights),
        )

    def decoder_block(self) -> Kernel:
        """A whole block of the decoder, after so many tokens."""
        width, hidden = self.config.d_model, self.config.decoder_ffn_dim
        layer = self.layer(width, width)
        cross = [*[numbers(width)] * 2, *layer, *layer]
        weights = self.block_weights(hidden, self.attention_weights(), cross)
        paths, caches = self.past()
        memory = self.memory()

        def build(x: Any, *values: Any) -> Any:
            return [*self.ops.decoder_block(x, values[:5], values[-2:], values[5:-2])]

        positions = self.config.max_source_positions
        products = 6 * width * width + 2 * width * hidden
        seen = 2 * BEAM * SAID * width
        return self.kernel(
            f"a block, {SAID} tokens",
            [numbers(1, BEAM, width), *paths, *memory, *weights, *caches],
            build,
            operations=2 * BEAM * (products + 2 * positions * width) + 2 * seen,
            bytes=sum(array.nbytes for array in (*memory, *weights))
            + caches[0].itemsize * seen,
            caches=2,
        )

    def attention_weights(self) -> list[np.ndarray]:
        """Of a layer norm, queries, keys, values and what follows them."""
        layer = self.layer(self.config.d_model, self.config.d_model)
        return [layer[1], layer[1], *layer, layer[0], *layer, *layer]

    def block_weights(
        self, hidden: int, *attentions: list[np.ndarray]
    ) -> list[np.ndarray]:
        """Of a block with such attentions before its feed-forward part."""
        width = self.config.d_model
        feed = [*self.layer(hidden, width), *self.layer(width, hidden)]
        weights = [weight for attention in attentions for weight in attention]
        return [*weights, *[numbers(width)] * 2, *feed]

    def layer(self, rows: int, columns: int) -> list[np.ndarray]:
        """A matrix and its bias."""
        return [self.weight(rows, columns), numbers(rows)]

    def memory(self) -> list[np.ndarray]:
        """Keys and values of the sound, all zero."""
        width, heads = self.config.d_model, self.config.decoder_attention_heads
        positions = self.config.max_source_positions
        types = self.ops.memory_types(heads, width // heads, positions)
        shapes = [[1, *map(int, type_.shape[1:])] for type_ in types]
        return [np.zeros(shape, types[0].dtype.to_numpy()) for shape in shapes]

    def past(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Where the beams' past lies, and the caches that it lies in."""
        rows = np.arange(BEAM, dtype=np.int32)
        ancestors = np.repeat(rows[:, None], SAID + 1, axis=1)
        shape = (BEAM, self.config.max_target_positions, self.config.d_model)
        cache = np.zeros(shape, self.ops.cache_dtype.to_numpy())
        return [rows, rows * 0 + SAID, ancestors], [cache, cache]

    def next_tokens(self) -> Kernel:
        """The last layer norm, logits, rules and best tokens."""
        size, width = self.config.vocab_size, self.config.d_model
        weight, none = self.weight(size, width), np.zeros((BEAM, 0), np.int32)
        rules = [
            np.zeros((2, size), np.uint8),
            np.tile(np.array([0, size, size, 0], np.int32), (BEAM, 1)),
            np.array([size], np.int32),
            np.zeros(BEAM, np.float32),
            np.zeros(BEAM, np.uint64),
            np.ones(1, np.float32),
            none,
            none,
        ]

        def build(x: Any, scale: Any, shift: Any, w: Any, *rules: Any) -> Any:
            matrix = Matrix(w, size, width)
            return self.ops.next_tokens(x, (scale, shift), matrix, rules)

        return self.kernel(
            "logits, rules, best tokens",
            [numbers(1, BEAM, width), *[numbers(width)] * 2, weight, *rules],
            build,
            operations=2 * BEAM * size * width,
            bytes=weight.nbytes,
        )


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, np.float32)
