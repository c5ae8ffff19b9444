"""Whole blocks as one operation, and as the operations that they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeAlias

from max.graph import BufferType, TensorValue, Type

from max_whisper.kernels.mojo_ops import MojoOps
from max_whisper.kernels.ops import Matrix
from tests.kernels.bench import Bench

HEADS, SIZE, CAPACITY = 3, 20, 12
WIDTH = HEADS * SIZE
POSITIONS, HIDDEN = 70, 101
"""Of the sound, and the width of the feed-forward layer."""

Values: TypeAlias = Sequence[Any]


def add_blocks(bench: Bench) -> None:
    """The graphs for `test_blocks.py`."""
    ops = bench.ops
    assert isinstance(ops, MojoOps)
    sound = bench.floats("batch", POSITIONS, WIDTH)
    bench.add("memorise", [sound, sound], lambda k, v: [*ops.memorise(k, v, HEADS)])
    types = [sound, *encoder_weights(bench)]
    bench.add("encoder", types, lambda x, *w: ops.encoder_block(x, HEADS, w))
    bench.add("encoder_apart", types, partial(encoder_apart, ops))
    cache = BufferType(ops.dtype, ["slots", CAPACITY, WIDTH], ops.device)
    memory = [*[bench.ints("rows")] * 2, bench.ints("rows", "path")]
    memory += ops.memory_types(HEADS, SIZE, POSITIONS)
    x = bench.floats("batch", "queries", WIDTH)
    types = [x, cache, cache, *memory, *decoder_weights(bench)]
    bench.add(
        "decoder",
        types,
        lambda x, *v: [*ops.decoder_block(x, v[2:7], v[:2], v[7:])],
    )
    bench.add("decoder_apart_step", types, partial(decoder_apart, ops, False))
    bench.add("decoder_apart_prompt", types, partial(decoder_apart, ops, True))


def encoder_weights(bench: Bench) -> list[Type]:
    """Those of a block of the encoder, in its order."""
    vector, matrix = bench.floats(WIDTH), bench.matrix(WIDTH, WIDTH)
    norm, layer = [vector, vector], [matrix, vector]
    feed = [bench.matrix(WIDTH, HIDDEN), bench.floats(HIDDEN)]
    feed += [bench.matrix(HIDDEN, WIDTH), vector]
    return [*norm, *layer, matrix, *layer, *layer, *norm, *feed]


def decoder_weights(bench: Bench) -> list[Type]:
    """Those of a block of the decoder, in its order."""
    first, feed = encoder_weights(bench)[:9], encoder_weights(bench)[9:]
    vector, matrix = bench.floats(WIDTH), bench.matrix(WIDTH, WIDTH)
    return [*first, vector, vector, *[matrix, vector] * 2, *feed]


def square(weight: TensorValue) -> Matrix:
    return Matrix(weight, WIDTH, WIDTH)  # type: ignore[arg-type]


def projected(ops: MojoOps, x: TensorValue, weights: Values) -> list[TensorValue]:
    """Queries, keys and values, by the first seven weights of either block."""
    norm, bias, q, q_bias, k, v, v_bias = weights
    into = [(square(q), q_bias), (square(k), None), (square(v), v_bias)]
    return ops.projections(x, (norm, bias), into)


def fed(ops: MojoOps, x: TensorValue, weights: Values) -> TensorValue:
    """The feed-forward part, by the last six weights of either block."""
    norm, bias, up, up_bias, down, down_bias = weights
    wide = Matrix(up, HIDDEN, WIDTH)
    (h,) = ops.projections(x, (norm, bias), [(wide, up_bias)], gelu=True)
    return ops.linear(h, Matrix(down, WIDTH, HIDDEN), down_bias, add=x)


def encoder_apart(ops: MojoOps, x: TensorValue, *weights: Any) -> TensorValue:
    q, k, v = projected(ops, x, weights[:7])
    y = ops.attention(q, *ops.memorise(k, v, HEADS))
    out, out_bias = weights[7:9]
    return fed(ops, ops.linear(y, square(out), out_bias, add=x), weights[9:])


def decoder_apart(
    ops: MojoOps, said: bool, x: TensorValue, *values: Any
) -> list[TensorValue]:
    """Of a step, which has a row for each query, or of a prompt, one a window."""
    batch, queries, _ = x.shape
    rows = (batch, queries) if said else (batch * queries, 1)
    caches, paths, cross, weights = values[:2], values[2:5], values[5:7], values[7:]
    qkv = [v.reshape((*rows, WIDTH)) for v in projected(ops, x, weights[:7])]
    y = ops.cached_attention(qkv, caches, paths, HEADS)
    out, out_bias, norm, bias, q, q_bias, heard, heard_bias = weights[7:15]
    x = ops.linear(y.reshape(x.shape), square(out), out_bias, add=x)
    (asked,) = ops.projections(x, (norm, bias), [(square(q), q_bias)])
    y = ops.attention(asked, *cross)
    x = ops.linear(y, square(heard), heard_bias, add=x)
    return [fed(ops, x, weights[15:]), asked]
