"""Whole blocks as one operation, and as the operations that they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from max.graph import BufferType, TensorValue, Type

from max_whisper.kernels.mojo_ops import MojoOps
from max_whisper.kernels.ops import Matrix
from tests.kernels.bench import Bench

HEADS = {"small": (3, 20), "wide": (2, 40)}
"""Heads and head size: of one panel, and of two, the second with a tail."""
CAPACITY, POSITIONS, HIDDEN = 12, 70, 101
"""Of the caches, of the sound, and the width of the feed-forward layer."""

Values: TypeAlias = Sequence[Any]


def add_blocks(bench: Bench) -> None:
    """The graphs for `test_blocks.py`."""
    for name, (heads, size) in HEADS.items():
        Blocks(bench, f"{name}_", heads, heads * size).add()


@dataclass(frozen=True)
class Blocks:
    """Graphs of blocks of one size; their weights are in the order of the model."""

    bench: Bench
    prefix: str
    heads: int
    width: int

    @property
    def ops(self) -> MojoOps:
        assert isinstance(self.bench.ops, MojoOps)
        return self.bench.ops

    def add(self) -> None:
        bench, ops, heads = self.bench, self.ops, self.heads
        sound = bench.floats("batch", POSITIONS, self.width)
        bench.add(
            f"{self.prefix}memorise",
            [sound, sound],
            lambda k, v: [*ops.memorise(k, v, heads)],
        )
        types = [sound, *self.encoder_weights()]
        bench.add(
            f"{self.prefix}encoder",
            types,
            lambda x, *w: ops.encoder_block(x, heads, w),
        )
        bench.add(f"{self.prefix}encoder_apart", types, self.encoder_apart)
        self.add_cross()
        self.add_decoder()

    def add_cross(self) -> None:
        """What the encoder's last word becomes, in one operation and in four."""
        bench, ops, width = self.bench, self.ops, self.width
        matrix = bench.matrix(width, width)
        types = [bench.floats("batch", POSITIONS, width), matrix, matrix]
        types.append(bench.floats(width))

        def apart(x: TensorValue, k: Any, v: Any, bias: Any) -> list[TensorValue]:
            keys = ops.linear(x, self.square(k), None)
            values = ops.linear(x, self.square(v), bias)
            return [*ops.memorise(keys, values, self.heads)]

        bench.add(
            f"{self.prefix}cross",
            types,
            lambda x, *w: [*ops.cross(x, self.heads, w)],
        )
        bench.add(f"{self.prefix}cross_apart", types, apart)

    def add_decoder(self) -> None:
        bench, ops, width = self.bench, self.ops, self.width
        cache = BufferType(ops.cache_dtype, ["slots", CAPACITY, width], ops.device)
        memory = [*[bench.ints("rows")] * 2, bench.ints("rows", "path")]
        memory += ops.memory_types(self.heads, width // self.heads, POSITIONS)
        x = bench.floats("batch", "queries", width)
        types = [x, cache, cache, *memory, *self.decoder_weights()]
        bench.add(
            f"{self.prefix}decoder",
            types,
            lambda x, *v: [*ops.decoder_block(x, v[2:7], v[:2], v[7:])],
        )
        for name, said in (("step", False), ("prompt", True)):
            apart = partial(self.decoder_apart, said)
            bench.add(f"{self.prefix}decoder_apart_{name}", types, apart)

    def encoder_weights(self) -> list[Type]:
        bench, width = self.bench, self.width
        vector, matrix = bench.floats(width), bench.matrix(width, width)
        norm, layer = [vector, vector], [matrix, vector]
        feed = [bench.matrix(width, HIDDEN), bench.floats(HIDDEN)]
        feed += [bench.matrix(HIDDEN, width), vector]
        return [*norm, *layer, matrix, *layer, *layer, *norm, *feed]

    def decoder_weights(self) -> list[Type]:
        weights = self.encoder_weights()
        norm, layer = weights[:2], weights[2:4]
        return [*weights[:9], *norm, *layer, *layer, *weights[9:]]

    def square(self, weight: TensorValue) -> Matrix:
        return Matrix(weight, self.width, self.width)  # type: ignore[arg-type]

    def projected(
        self, ops: MojoOps, x: TensorValue, weights: Values
    ) -> list[TensorValue]:
        """Queries, keys and values, by the first seven weights of either block."""
        norm, bias, q, q_bias, k, v, v_bias = weights
        square = self.square
        into = [(square(q), q_bias), (square(k), None), (square(v), v_bias)]
        return ops.projections(x, (norm, bias), into)

    def fed(self, ops: MojoOps, x: TensorValue, weights: Values) -> TensorValue:
        """The feed-forward part, by the last six weights of either block."""
        norm, bias, up, up_bias, down, down_bias = weights
        wide = Matrix(up, HIDDEN, self.width)
        (h,) = ops.projections(x, (norm, bias), [(wide, up_bias)], gelu=True)
        narrow = Matrix(down, self.width, HIDDEN)
        return ops.linear(h, narrow, down_bias, add=x)

    def encoder_apart(self, x: TensorValue, *weights: Any) -> TensorValue:
        ops = self.ops
        q, k, v = self.projected(ops, x, weights[:7])
        y = ops.attention(q, *ops.memorise(k, v, self.heads))
        out, out_bias = weights[7:9]
        x = ops.linear(y, self.square(out), out_bias, add=x)
        return self.fed(ops, x, weights[9:])

    def decoder_apart(
        self, said: bool, x: TensorValue, *values: Any
    ) -> list[TensorValue]:
        """Of a step, which has a row for each query, or of a prompt, one a window."""
        ops = self.ops
        batch, queries, width = x.shape
        rows = (batch, queries) if said else (batch * queries, 1)
        caches, paths, cross, weights = values[:2], values[2:5], values[5:7], values[7:]
        qkv = [
            value.reshape((*rows, width))
            for value in self.projected(ops, x, weights[:7])
        ]
        y = ops.cached_attention(qkv, caches, paths, self.heads)
        out, out_bias, norm, bias, q, q_bias, heard, heard_bias = weights[7:15]
        x = ops.linear(y.reshape(x.shape), self.square(out), out_bias, add=x)
        into = [(self.square(q), q_bias)]
        (asked,) = ops.projections(x, (norm, bias), into)
        y = ops.attention(asked, *cross)
        x = ops.linear(y, self.square(heard), heard_bias, add=x)
        return [self.fed(ops, x, weights[15:]), asked]
