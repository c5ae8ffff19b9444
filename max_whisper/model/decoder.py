"""The decoder: tokens to logits, as `TextDecoder` in openai/whisper.

What it hears is computed once a window (`listen`); what it said lies in a cache that it
writes in place (`Memory`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from max.graph import BufferValue, Dim, TensorValue, Value, ops

from max_whisper.config import WhisperConfig
from max_whisper.kernels.ops import BlockOps, Matrix
from max_whisper.model.layers import (
    QKV,
    feed_forward,
    layer_norm,
    linear,
    products_of,
    projections,
    weights_of,
)
from max_whisper.model.layers_alike import LayersAlike
from max_whisper.model.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Memory:
    """All that the tokens may look at, besides each other.

    `cross` and `caches` hold a pair of keys and values for each layer; `slots [R]`,
    `starts [R]` and `ancestors [R, length]` say where a row's past lies, as in
    `Ops.cached_attention`.
    """

    cross: Sequence[TensorValue]
    caches: Sequence[BufferValue]
    slots: TensorValue
    starts: TensorValue
    ancestors: TensorValue

    @classmethod
    def of(cls, values: Sequence[Any]) -> Memory:
        """A memory of one layer, from what `layer` gives."""
        *paths, k, v, key_cache, value_cache = values
        return cls([k, v], [key_cache, value_cache], *paths)

    def layer(self, i: int) -> list[Value[Any]]:
        """Paths, then cross keys and values, and caches, of one layer."""
        own = slice(2 * i, 2 * i + 2)
        return [*self.paths, *self.cross[own], *self.caches[own]]

    @property
    def paths(self) -> tuple[TensorValue, TensorValue, TensorValue]:
        """The three of them, in the order of the operation."""
        return self.slots, self.starts, self.ancestors


@dataclass(frozen=True, slots=True)
class Decoded:
    """What comes of tokens.

    `states` are `[B, Q, d_model]`, not yet normalised, `queries` what each layer asked
    of the sound, as large; `embedding` projects states to logits.
    """

    states: TensorValue
    queries: Sequence[TensorValue]
    embedding: Matrix


def listen(
    features: TensorValue, at: Parameters, config: WhisperConfig
) -> list[TensorValue]:
    """Audio features `[B, P, d_model]` to every layer's cross keys and values."""
    cross: list[TensorValue] = []
    heads = config.decoder_attention_heads
    for i in range(config.decoder_layers):
        attn = at / f"layers.{i}" / "encoder_attn"
        k, v = attn / "k_proj", attn / "v_proj"
        if isinstance(at.ops, BlockOps):
            cross += at.ops.cross(features, heads, products_of([k, v]))
        else:
            memory = linear(features, k), linear(features, v)
            cross += at.ops.memorise(*memory, heads)
    return cross


def decode(
    tokens: TensorValue, memory: Memory, at: Parameters, config: WhisperConfig
) -> Decoded:
    """Read tokens, with the memory of all that was heard and said.

    Tokens are `[B, Q]`: Q tokens of one row for each window (a prompt), or one token
    for each of Q rows of a window (a step). Which it is follows from the rows of the
    memory: B, or B · Q.
    """
    batch, queries = tokens.shape
    embedding = (at / "embed_tokens").matrix()
    positions = (at / "embed_positions").tensor()
    said = _by_row(tokens, memory)
    x = at.ops.embed(said, memory.starts, embedding, positions)
    x = _by_window(x, (batch, queries, config.d_model))

    def block(at: Parameters, x: TensorValue, *values: Any) -> Sequence[TensorValue]:
        return _block(x, Memory.of(values), at, config)

    asked: list[TensorValue] = []
    blocks = LayersAlike("decoder_block", block)
    for i in range(config.decoder_layers):
        found = blocks(at / f"layers.{i}", x, *memory.layer(i))
        x, queries = (value.tensor for value in found)
        asked.append(queries)
    return Decoded(x, tuple(asked), embedding)


def project(x: TensorValue, embedding: Matrix, at: Parameters) -> TensorValue:
    """Hidden states to logits `[B, Q, vocab_size]`, by the tied embedding."""
    return at.ops.logits(layer_norm(x, at / "layer_norm"), embedding)


def choose(
    decoded: Decoded, rules: Sequence[TensorValue], at: Parameters
) -> list[TensorValue]:
    """The candidates for the next token of each row; see `Ops.next_tokens`."""
    norm = at / "layer_norm"
    return at.ops.next_tokens(
        decoded.states, (norm.tensor(), norm.tensor("bias")), decoded.embedding, rules
    )


def align(
    decoded: Decoded, features: TensorValue, at: Parameters, config: WhisperConfig
) -> TensorValue:
    """Where each token of one window was heard in `features [1, P, d_model]`: `[Q, P]`.

    The mean of what the alignment heads see.
    """
    size = config.d_model // config.decoder_attention_heads
    pairs = config.alignment_heads
    seen: list[TensorValue] = []
    asked: list[TensorValue] = []
    keys: list[TensorValue] = []
    for i in sorted({layer for layer, _ in pairs}):
        heads = [head for layer, head in pairs if layer == i]
        k = linear(features, at / f"layers.{i}" / "encoder_attn" / "k_proj")
        if isinstance(at.ops, BlockOps):
            seen.append(at.ops.alignment(decoded.queries[i], k, heads, size))
            continue
        for x, some in ((decoded.queries[i], asked), (k, keys)):
            some += [x[:, :, head * size : (head + 1) * size] for head in heads]
    if asked:
        # One operation for the heads of all layers, which is many where it is MAX's.
        q, k = (ops.concat(some, axis=2) for some in (asked, keys))
        seen.append(at.ops.alignment(q, k, range(len(asked)), size))
    return reduce(add, seen) * (1 / len(pairs))


def _block(
    x: TensorValue, memory: Memory, at: Parameters, config: WhisperConfig
) -> tuple[TensorValue, TensorValue]:
    """A layer, with the memory of it alone, and what it asked of the sound."""
    if isinstance(at.ops, BlockOps):
        heard = [*memory.paths, *memory.cross]
        return at.ops.decoder_block(x, heard, memory.caches, [*_weights(at)])
    x = _self_attention(x, memory, at, config)
    queries = _queries(x, at)
    x = _cross_attention(x, queries, memory.cross, at)
    return feed_forward(x, at), queries


def _weights(at: Parameters) -> Iterator[Value[Any]]:
    """Those of a block, as its operations use them."""
    attn, cross = at / "self_attn", at / "encoder_attn"
    yield from weights_of(
        at / "self_attn_layer_norm", [attn / name for name in (*QKV, "out_proj")]
    )
    yield from weights_of(
        at / "encoder_attn_layer_norm", [cross / "q_proj", cross / "out_proj"]
    )
    yield from weights_of(at / "final_layer_norm", [at / "fc1", at / "fc2"])


def _self_attention(
    x: TensorValue, memory: Memory, at: Parameters, config: WhisperConfig
) -> TensorValue:
    attn = at / "self_attn"
    qkv = projections(x, at / "self_attn_layer_norm", [attn / n for n in QKV])
    qkv = [_by_row(value, memory) for value in qkv]
    heads = config.decoder_attention_heads
    y = at.ops.cached_attention(qkv, memory.caches, memory.paths, heads)
    return linear(_by_window(y, x.shape), attn / "out_proj", add=x)


def _by_row(x: TensorValue, memory: Memory) -> TensorValue:
    """`[B, Q, …]` as what each row of the memory says: itself, or `[B · Q, 1, …]`."""
    (rows,) = memory.slots.shape
    batch, queries, *rest = x.shape
    if rows == batch:
        return x
    return x.reshape((batch * queries, 1, *rest)).rebind((rows, 1, *rest))


def _by_window(x: TensorValue, shape: Sequence[Dim | int]) -> TensorValue:
    """Back to `[B, Q, …]`."""
    batch, queries, *rest = shape
    if x.shape[0] == batch:
        return x
    return x.rebind((batch * queries, 1, *rest)).reshape((batch, queries, *rest))


def _queries(x: TensorValue, at: Parameters) -> TensorValue:
    """What a layer asks of the sound."""
    attn = at / "encoder_attn"
    (queries,) = projections(x, at / "encoder_attn_layer_norm", [attn / "q_proj"])
    return queries


def _cross_attention(
    x: TensorValue, queries: TensorValue, cross: Sequence[TensorValue], at: Parameters
) -> TensorValue:
    y = at.ops.attention(queries, *cross)
    return linear(y, at / "encoder_attn" / "out_proj", add=x)
