"""What a Whisper is made of, as operations on graph values.

Four sets implement this page: `MojoOps` (our kernels, on a CPU), `Int8Ops` (the same
with products in int8), `PlainOps` (MAX's own operations: the baseline that the kernels
are tested against) and `GpuOps` (MAX's own and some of our kernels, on a GPU). The
model knows only this page, so that one set of modules serves every device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from max.dtype import DType
from max.graph import BufferValue, DeviceRef, TensorType, TensorValue, Value, Weight
from numpy.typing import NDArray

NO_TOKEN = -1
"""Fills up a list of tokens that is shorter than that of another row."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A weight `[rows, columns]`, in whatever layout its set of operations keeps it."""

    weight: Weight
    rows: int
    columns: int


class Ops(Protocol):
    """B batch, T rows, D d_model, H heads, S head size, P positions, V vocabulary."""

    @property
    def device(self) -> DeviceRef:
        """Where the operations run."""

    @property
    def dtype(self) -> DType:
        """Of activations and vectors."""

    @property
    def cache_dtype(self) -> DType:
        """Of the caches, which hold what was said."""

    @property
    def extensions(self) -> list[Path]:
        """Packages of kernels that a graph with these operations needs."""

    def matrix(self, name: str, rows: int, columns: int) -> Matrix:
        """The weight `[rows, columns]` of a product, in the layout of this set."""

    def pack(self, matrix: NDArray[np.floating]) -> NDArray[np.generic]:
        """A matrix `[rows, columns]` in the layout that `matrix` asks for."""

    def linear(
        self,
        x: TensorValue,
        weight: Matrix,
        bias: TensorValue | None,
        *,
        gelu: bool = False,
        add: TensorValue | None = None,
    ) -> TensorValue:
        """`[B, T, in]` to `gelu(x · weightᵀ + bias) + add`, `[B, T, out]`."""

    def convolution(
        self,
        x: TensorValue,
        weight: Matrix,
        bias: TensorValue,
        *,
        stride: int = 1,
        add: TensorValue | None = None,
    ) -> TensorValue:
        """Three taps, then GELU, then `add`. Without `add` the result is padded.

        x is `[B, T + 2, in]`, one row of padding at each end; the weight is
        `[out, 3 · in]`, taps before channels; the result is `[B, T / stride, out]`,
        or two rows longer with its own padding.
        """

    def layer_norm(
        self, x: TensorValue, weight: TensorValue, bias: TensorValue
    ) -> TensorValue:
        """Over the last axis, with an epsilon of 1e-5."""

    def projections(
        self,
        x: TensorValue,
        norm: tuple[TensorValue, TensorValue],
        into: Sequence[tuple[Matrix, TensorValue | None]],
        *,
        gelu: bool = False,
    ) -> list[TensorValue]:
        """`layer_norm`, then a `linear` for each matrix and its bias."""

    def memory_types(self, heads: int, size: int, positions: int) -> list[TensorType]:
        """Types of what `memorise` returns, with a symbolic dimension `batch`."""

    def memorise(
        self, k: TensorValue, v: TensorValue, heads: int
    ) -> tuple[TensorValue, TensorValue]:
        """Keys and values `[B, P, D]` in the layout that `attention` reads."""

    def attention(
        self, q: TensorValue, keys: TensorValue, values: TensorValue
    ) -> TensorValue:
        """Queries `[B, T, D]` over all that was memorised: `[B, T, D]`."""

    def cached_attention(
        self,
        qkv: Sequence[TensorValue],
        caches: Sequence[BufferValue],
        paths: Sequence[TensorValue],
        heads: int,
    ) -> TensorValue:
        """Causal attention of new tokens `[R, T, D]`, which are added to the caches.

        `caches` are keys and values `[slots, capacity, D]`, each slot laid out as the
        set likes; `paths` are `slots [R]`, `starts [R]` and `ancestors [R, length]`:
        where row r writes, at which position it begins, and in which slot each of its
        earlier positions lies.
        """

    def embed(
        self,
        tokens: TensorValue,
        starts: TensorValue,
        embedding: Matrix,
        positions: TensorValue,
    ) -> TensorValue:
        """Tokens `[R, T]` that begin at positions `starts [R]`: `[R, T, D]`."""

    def take(self, x: TensorValue, rows: TensorValue) -> TensorValue:
        """One row of each batch: `[B, T, D]` and `[B]` to `[B, 1, D]`."""

    def logits(self, x: TensorValue, embedding: Matrix) -> TensorValue:
        """States `[B, T, D]`, normed, to a number for each token `[B, T, V]`."""

    def next_tokens(
        self,
        x: TensorValue,
        norm: tuple[TensorValue, TensorValue],
        embedding: Matrix,
        rules: Sequence[TensorValue],
    ) -> list[TensorValue]:
        """The best tokens and their log probabilities, each `[R, G + 1]`.

        Of x, `[B, G, D]` with R = B · G, the layer norm by `norm` and the product with
        `embedding` are logits. `rules` are `masks [2, V]` (uint8: never, and not
        first), `bounds [R, 4]` (first text, first timestamp, end, is first),
        `timestamp_begin [1]`, `temperatures [R]`, `seeds [R]` (uint64; a row draws by
        its own alone), `penalty [1]` and two lists of tokens, each filled up with
        `NO_TOKEN`: `said [R, s]`, whose logits the penalty divides if positive and
        multiplies if negative, and `banned [R, b]`. Penalties come first, as in
        CTranslate2.
        """

    def probe(self, logits: TensorValue, tokens: TensorValue) -> TensorValue:
        """Log probabilities of some tokens: `[B, 1, V]` and `[N]` to `[B, N]`."""

    def alignment(
        self, q: TensorValue, k: TensorValue, heads: Sequence[int], size: int
    ) -> TensorValue:
        """Where each token was heard, `[T, P]`: summed over some heads of a layer.

        q is `[1, T, D]`, k `[1, P, D]`, `size` that of a head. Attention, compared with
        that of the other tokens, smoothed by a median of 7.
        """

    def next_logprobs(
        self, logits: TensorValue, tokens: TensorValue, end: TensorValue
    ) -> TensorValue:
        """Log probability of each token after the one before it, `[T]`.

        `logits` is `[1, T, V]`, `tokens` `[1, T]`; only the first `end [1]` of the
        vocabulary count, and so many must `tokens` be below. The last is 0.
        """

    def log_mel(
        self,
        samples: TensorValue,
        window: TensorValue,
        turns: TensorValue,
        filters: TensorValue,
    ) -> TensorValue:
        """Samples `[160 · F + 240]` to log10 of mel energies, `[F, bins]`.

        `turns` is `[400, 2]`, cosine and minus sine of 2π i / 400; `filters` is
        `[bins, 201]`.
        """


@runtime_checkable
class BlockOps(Protocol):
    """A set that has whole blocks as one operation each.

    Where there are any, the model uses nothing else for a block, and what one is made
    of (`projections`, `attention`, `cached_attention`) is what it is tested against.
    `weights` are those of the block, in the order in which they are used.
    """

    def encoder_block(
        self, x: TensorValue, heads: int, weights: Sequence[Value[Any]]
    ) -> TensorValue:
        """`[B, P, D]` to the same."""

    def cross(
        self, x: TensorValue, heads: int, weights: Sequence[Value[Any]]
    ) -> tuple[TensorValue, TensorValue]:
        """What a layer hears of `[B, P, D]`: keys and values, as memorised.

        `weights` are the matrix of the keys, that of the values and its bias.
        """

    def decoder_block(
        self,
        x: TensorValue,
        memory: Sequence[TensorValue],
        caches: Sequence[BufferValue],
        weights: Sequence[Value[Any]],
    ) -> tuple[TensorValue, TensorValue]:
        """`[B, T, D]` to the same, and what it asks of the sound.

        `memory` are the paths of `cached_attention`, then cross keys and values.
        """
