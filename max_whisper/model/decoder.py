"""The decoder: tokens to logits, as `TextDecoder` in openai/whisper.

What it hears is computed once a window (`listen`); what it said lies in a cache that it
writes in place (`Memory`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from max.graph import BufferValue, TensorValue

from max_whisper.config import WhisperConfig
from max_whisper.kernels.ops import Matrix
from max_whisper.model.layers import (
    QKV,
    feed_forward,
    layer_norm,
    linear,
    projections,
)
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

    @property
    def paths(self) -> tuple[TensorValue, TensorValue, TensorValue]:
        """The three of them, in the order of the operation."""
        return self.slots, self.starts, self.ancestors


def listen(
    features: TensorValue, at: Parameters, config: WhisperConfig
) -> list[TensorValue]:
    """Audio features `[B, P, d_model]` to every layer's cross keys and values."""
    cross: list[TensorValue] = []
    for i in range(config.decoder_layers):
        attn = at / f"layers.{i}" / "encoder_attn"
        k = linear(features, attn / "k_proj")
        v = linear(features, attn / "v_proj")
        cross += at.ops.memorise(k, v, config.decoder_attention_heads)
    return cross


def decode(
    tokens: TensorValue, memory: Memory, at: Parameters, config: WhisperConfig
) -> tuple[TensorValue, Matrix]:
    """Tokens to hidden states `[B, Q, d_model]`, and the embedding that projects them.

    Tokens are `[B, Q]`: Q tokens of one row for each window (a prompt), or one token
    for each of Q rows of a window (a step). Which it is follows from the rows of the
    memory: B, or B · Q.
    """
    batch, queries = tokens.shape
    rows = memory.slots.shape[0]
    said = (batch, queries) if rows == batch else (batch * queries, 1)
    embedding = (at / "embed_tokens").matrix()
    positions = (at / "embed_positions").tensor()
    x = at.ops.embed(tokens.reshape(said), memory.starts, embedding, positions)
    x = x.reshape((batch, queries, config.d_model))
    for i in range(config.decoder_layers):
        x = _self_attention(x, memory, i, at / f"layers.{i}", config)
        x = _cross_attention(x, memory.cross[2 * i : 2 * i + 2], at / f"layers.{i}")
        x = feed_forward(x, at / f"layers.{i}")
    return layer_norm(x, at / "layer_norm"), embedding


def project(x: TensorValue, embedding: Matrix, at: Parameters) -> TensorValue:
    """Hidden states to logits `[B, Q, vocab_size]`, by the tied embedding."""
    return at.ops.linear(x, embedding, None)


def _self_attention(
    x: TensorValue, memory: Memory, layer: int, at: Parameters, config: WhisperConfig
) -> TensorValue:
    batch, queries, width = x.shape
    rows = memory.slots.shape[0]
    said = (batch, queries, width) if rows == batch else (batch * queries, 1, width)
    attn = at / "self_attn"
    qkv = projections(x, at / "self_attn_layer_norm", [attn / n for n in QKV])
    qkv = [value.reshape(said) for value in qkv]
    caches = memory.caches[2 * layer : 2 * layer + 2]
    heads = config.decoder_attention_heads
    y = at.ops.cached_attention(qkv, caches, memory.paths, heads)
    return linear(y.reshape(x.shape), attn / "out_proj", add=x)


def _cross_attention(
    x: TensorValue, cross: Sequence[TensorValue], at: Parameters
) -> TensorValue:
    attn = at / "encoder_attn"
    (q,) = projections(x, at / "encoder_attn_layer_norm", [attn / "q_proj"])
    y = at.ops.attention(q, *cross)
    return linear(y, attn / "out_proj", add=x)
