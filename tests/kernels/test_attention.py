"""Attention over a window, and over what was said."""

from __future__ import annotations

import numpy as np
import pytest
from max.driver import Buffer

from tests.kernels.conftest import Kernels
from tests.kernels.graphs import ATTENTIONS, CACHED_HEADS, CACHED_SIZE, CAPACITY
from tests.numpy_whisper import attention, layer_norm

WIDTH = CACHED_HEADS * CACHED_SIZE


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("queries", [1, 5, 12, 97])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(("heads", "size", "positions"), ATTENTIONS)
def test_every_query_sees_every_position(
    kernels: Kernels, heads: int, size: int, positions: int, batch: int, queries: int
) -> None:
    q = 3 * numbers(1, batch, queries, heads * size)
    k, v = (numbers(seed, batch, positions, heads * size) for seed in (2, 3))
    found = kernels(f"attention_{heads}_{size}_{positions}", q, k, v)
    expected = [attention(*window, heads) for window in zip(q, k, v, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


class Speech:
    """Rows that speak into caches, and what NumPy remembers of them."""

    def __init__(self, kernels: Kernels, rows: int) -> None:
        self.kernels = kernels
        shape = (rows, CAPACITY, WIDTH)
        self.kept = kernels.ops.cache_dtype.to_numpy()
        self.caches = [Buffer.from_numpy(np.zeros(shape, self.kept)) for _ in "kv"]
        self.ancestors = np.tile(np.arange(rows, dtype=np.int32)[:, None], CAPACITY)
        self.past = [(np.zeros((0, WIDTH)), np.zeros((0, WIDTH))) for _ in range(rows)]
        self.random = np.random.default_rng(rows)

    @property
    def lengths(self) -> np.ndarray:
        return np.array([len(k) for k, _ in self.past], np.int32)

    def say(self, slots: list[int], lengths: list[int]) -> None:
        """New tokens in some rows, shorter ones filled up, must be heard rightly."""
        rows, tokens = np.array(slots, np.int32), max(lengths)
        starts = self.lengths[slots]
        path = self.ancestors[slots, : int(starts.max()) + tokens]
        q, k, v = self.random.standard_normal((3, len(slots), tokens, WIDTH))
        found = self.kernels(
            "cached_attention", q, k, v, *self.caches, rows, starts, path
        )
        for i, (slot, length) in enumerate(zip(slots, lengths, strict=True)):
            new = (x[i, :length].astype(np.float32).astype(self.kept) for x in (k, v))
            past = zip(self.past[slot], new, strict=True)
            self.past[slot] = tuple(map(np.vstack, past))
            expected = attention(
                q[i, :length], *self.past[slot], CACHED_HEADS, causal=True
            )
            np.testing.assert_allclose(
                found[i, :length], expected, rtol=1e-4, atol=1e-5
            )

    def go_on_from(self, sources: list[int]) -> None:
        """Row r goes on from the past of row `sources[r]`, but writes to its own."""
        self.ancestors = self.ancestors[sources]
        self.past = [self.past[source] for source in sources]
        for row, length in enumerate(self.lengths):
            self.ancestors[row, length:] = row


def test_a_prompt_hears_itself_up_to_each_token(cached: Kernels) -> None:
    Speech(cached, 1).say([0], [7])


def test_prompts_of_different_lengths_are_answered_token_by_token(
    cached: Kernels,
) -> None:
    speech = Speech(cached, 3)
    speech.say([0, 1, 2], [1, 5, 3])
    for _ in range(4):
        speech.say([0, 1, 2], [1, 1, 1])


def test_beams_share_a_prompt_and_swap_their_pasts(cached: Kernels) -> None:
    speech = Speech(cached, 6)
    speech.say([0, 3], [4, 2])
    speech.go_on_from([0, 0, 0, 3, 3, 3])
    for sources in ([0, 1, 2, 3, 4, 5], [1, 0, 1, 5, 5, 3], [2, 2, 0, 3, 3, 4]):
        speech.go_on_from(sources)
        speech.say([0, 1, 2, 3, 4, 5], [1] * 6)


def test_a_row_may_speak_until_its_cache_is_full(cached: Kernels) -> None:
    speech = Speech(cached, 2)
    speech.say([0, 1], [CAPACITY - 1, CAPACITY - 3])
    speech.say([0, 1], [1, 1])
    assert speech.lengths.tolist() == [CAPACITY, CAPACITY - 2]


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 20), (1, 130, 64), (3, 65, 33)])
def test_layer_norm(kernels: Kernels, shape: tuple[int, ...]) -> None:
    x = 5 + 3 * numbers(1, *shape)
    weight, bias = numbers(2, shape[-1]), numbers(3, shape[-1])
    found = kernels("layer_norm", x, weight, bias)
    expected = layer_norm(x, weight, bias)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_take_gives_one_row_of_each_batch(kernels: Kernels) -> None:
    x = numbers(1, 3, 4, 20).astype(np.float32)
    found = kernels("take", x, np.array([3, 0, 2], np.int32))
    np.testing.assert_array_equal(found, x[[0, 1, 2], [3, 0, 2]][:, None])
