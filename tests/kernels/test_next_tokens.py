"""The choice of the next token: rules, order, and chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from max_whisper.kernels.limits import MAX_CANDIDATES
from max_whisper.kernels.ops import NO_TOKEN
from tests.kernels.conftest import Kernels
from tests.numpy_whisper import log_softmax, softmax

VOCABULARY, TIMESTAMPS = 53, 40
FREE = (0, TIMESTAMPS, VOCABULARY, 0)
OF_A_ROW = (1, 3, 4, 6, 7)
"""Which of the rules' arrays have a line for each row: bounds to seeds, and lists."""


@dataclass(frozen=True)
class Rules:
    """The rules of `Ops.next_tokens`."""

    bounds: Sequence[tuple[int, int, int, int]]
    never: Sequence[int] = ()
    never_first: Sequence[int] = ()
    timestamp_begin: int = VOCABULARY
    temperature: float | Sequence[float] = 0.0
    seeds: Sequence[int] = ()
    penalty: float = 1.0
    said: Sequence[Sequence[int]] = ()
    banned: Sequence[Sequence[int]] = ()

    def arrays(self, vocabulary: int) -> tuple[np.ndarray, ...]:
        masks = np.zeros((2, vocabulary), np.uint8)
        masks[:, list(self.never)] = 1
        masks[1, list(self.never_first)] = 1
        return (
            masks,
            np.array(self.bounds, np.int32),
            np.array([self.timestamp_begin], np.int32),
            np.broadcast_to(np.float32(self.temperature), len(self.bounds)),
            np.array(self.seeds or [0] * len(self.bounds), np.uint64),
            np.array([self.penalty], np.float32),
            self._lists(self.said),
            self._lists(self.banned),
        )

    def _lists(self, tokens: Sequence[Sequence[int]]) -> np.ndarray:
        """A row's tokens in a line, filled up; no lists at all are empty ones."""
        lists = tokens or [()] * len(self.bounds)
        lines = np.full((len(lists), max(1, *map(len, lists))), NO_TOKEN, np.int32)
        for line, some in zip(lines, lists, strict=True):
            line[: len(some)] = some
        return lines


def allowed(logits: np.ndarray, rules: Rules) -> np.ndarray:
    """Logits `[rows, V]`, penalised, and minus infinity for all that is forbidden."""
    left = np.float64(logits)
    masks, *_, said, banned = rules.arrays(logits.shape[1])
    for row, tokens in zip(left, said, strict=True):
        for token in set(tokens) - {NO_TOKEN}:
            positive = row[token] > 0
            row[token] *= 1 / rules.penalty if positive else rules.penalty
    for row, tokens in zip(left, banned, strict=True):
        row[list(set(tokens) - {NO_TOKEN})] = -np.inf
    begin = rules.timestamp_begin
    for row, (first_text, first_time, end, first) in zip(
        left, rules.bounds, strict=True
    ):
        row[masks[first] > 0] = -np.inf
        row[:first_text] = row[end:] = row[begin : max(begin, first_time)] = -np.inf
        times, text = row[begin:], row[:begin]
        weight = np.logaddexp.reduce(times, initial=-np.inf)
        if weight > text.max(initial=-np.inf):
            text[:] = -np.inf
    return left


def candidates(
    kernels: Kernels, logits: np.ndarray, rules: Rules, count: int = 16
) -> list[np.ndarray]:
    """Tokens and log probabilities, from logits `[batch, group, V]`.

    A window's rows have as many candidates as there are rows, and one more; so each
    row is a window of copies of itself, of which one counts.
    """
    group = max(1, count - 1)
    rows = np.float32(logits).reshape(-1, logits.shape[-1])
    states, norm, embedding = projected(rows)
    arrays = [*rules.arrays(logits.shape[-1])]
    for place in OF_A_ROW:
        arrays[place] = np.repeat(arrays[place], group, 0)
    states = np.repeat(states[:, None], group, 1)
    found = kernels("next_tokens", states, *norm, kernels.pack(embedding), *arrays)
    return [values[::group, :count] for values in found]


def projected(logits: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """States `[rows, D]`, a layer norm and an embedding that make these logits.

    A row's state is one number among zeros. So is its norm, but for a constant that
    `shift` takes off; the embedding has a column for each row.
    """
    different, place = np.unique(logits, axis=0, return_inverse=True)
    width = max(8, len(different))
    states = np.eye(width, dtype=np.float32)[place.ravel()]
    mean, spread = 1 / width, np.sqrt((width - 1) / width**2 + 1e-5)
    scale = np.full(width, spread, np.float32)
    shift = np.full(width, mean, np.float32)
    embedding = np.zeros((logits.shape[1], width), np.float32)
    embedding[:, : len(different)] = different.T
    return states, [scale, shift], embedding


def check(kernels: Kernels, logits: np.ndarray, rules: Rules, count: int) -> None:
    """Greedy candidates must be those of NumPy, in its order."""
    tokens, logprobs = candidates(kernels, logits, rules, count)
    left = allowed(np.float32(logits).reshape(-1, logits.shape[-1]), rules)
    order = np.argsort(-left, axis=1, kind="stable")[:, :count]
    total = np.logaddexp.reduce(left, axis=1, keepdims=True)
    expected = np.take_along_axis(left, order, axis=1)
    possible = expected > -np.inf
    np.subtract(expected, total, out=expected, where=possible)
    np.testing.assert_array_equal(tokens[possible], order[possible])
    np.testing.assert_allclose(logprobs, expected, rtol=1e-5, atol=1e-5)


def numbers(seed: int, *shape: int) -> np.ndarray:
    return 3 * np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("count", [1, 16])
@pytest.mark.parametrize(("batch", "group"), [(1, 1), (1, 5), (3, 1), (2, 4)])
def test_the_best_of_every_row_come_first(
    kernels: Kernels, batch: int, group: int, count: int
) -> None:
    rules = Rules([FREE] * batch * group)
    check(kernels, numbers(1, batch, group, VOCABULARY), rules, count)


def test_a_window_may_have_more_rows_than_there_are_candidates(
    kernels: Kernels,
) -> None:
    """MAX's own operations find so many at most, of which greedy search needs one."""
    logits = numbers(1, 1, 1, VOCABULARY)
    tokens, _ = candidates(kernels, logits, Rules([FREE]), MAX_CANDIDATES + 3)
    best = np.argsort(-logits[0, 0])[:MAX_CANDIDATES]
    assert tokens[0, :MAX_CANDIDATES].tolist() == best.tolist()


@pytest.mark.parametrize("count", [1, 16])
@pytest.mark.parametrize("name", ["mojo-half", "mojo-int8"])
def test_they_are_found_with_weights_of_any_type(
    load: Callable[[str], Kernels], name: str, count: int
) -> None:
    """Of equal rows: a token's weights are then one number, which any type holds."""
    size = 1300
    row = np.float32(np.float16(numbers(7, 1, 1, size)))
    rules = Rules([(0, 1200, size, 0)] * 3, timestamp_begin=1200)
    check(load(name), np.tile(row, (1, 3, 1)), rules, count)


@pytest.mark.parametrize(
    "rules",
    [
        Rules([FREE], never=(3, 4, 50)),
        Rules([FREE], never_first=range(20)),
        Rules([(0, 0, VOCABULARY, 1)], never=(30,), never_first=range(20)),
        Rules([(25, TIMESTAMPS, VOCABULARY, 0)]),
        Rules([(*FREE[:2], 30, 0)]),
        Rules([(25, TIMESTAMPS, 30, 0)]),
        Rules([(0, 48, VOCABULARY, 0)], timestamp_begin=TIMESTAMPS),
        Rules([(0, VOCABULARY, VOCABULARY, 0)], timestamp_begin=TIMESTAMPS),
        Rules([(TIMESTAMPS, TIMESTAMPS, 45, 1)], timestamp_begin=TIMESTAMPS),
        Rules([(39, 50, 52, 1)], never=(51,), timestamp_begin=TIMESTAMPS),
    ],
    ids=[
        "tokens that never come",
        "not first, but this is not the first",
        "not first, and this is the first",
        "text from a token on",
        "nothing from a token on",
        "few tokens are left",
        "time does not go back",
        "text must come",
        "a timestamp must come",
        "all at once",
    ],
)
def test_rules(kernels: Kernels, rules: Rules) -> None:
    for seed in range(5):
        check(kernels, numbers(seed, 1, 1, VOCABULARY), rules, 16)


def test_timestamps_that_outweigh_every_text_token_must_come(kernels: Kernels) -> None:
    logits = np.zeros((1, 2, VOCABULARY))
    logits[0, :, 7] = 2.5  # the 13 timestamps together weigh log(13) = 2.56
    logits[0, 1, 7] = 2.6
    rules = Rules([FREE, FREE], timestamp_begin=TIMESTAMPS)
    tokens, logprobs = candidates(kernels, logits, rules)
    assert tokens[:, 0].tolist() == [TIMESTAMPS, 7]
    np.testing.assert_allclose(logprobs[0, 0], -np.log(13), rtol=1e-5)
    check(kernels, logits, rules, 16)


@pytest.mark.parametrize("begin", [600, 1024, 1100, 1300])
def test_slices_of_the_vocabulary_are_joined(kernels: Kernels, begin: int) -> None:
    """It is cut at 512, 1024, … tokens, and where the timestamps begin."""
    size = 1300
    bounds = [(0, begin, size, 0), (500, begin + 20, 1280, 1)]
    said = [(510, 512), (0, 1024)]
    rules = Rules(bounds, (3, 511), (512, 700), begin, penalty=1.5, said=said)
    for seed in range(5):
        check(kernels, numbers(seed, 1, 2, size), rules, 16)


def test_of_equals_in_different_slices_the_first_comes_first(kernels: Kernels) -> None:
    logits = np.zeros((1, 1, 1300))
    logits[0, 0, [1299, 600, 3, 511, 512]] = 1.0
    rules = Rules([(0, 1300, 1300, 0)], timestamp_begin=1300)
    tokens, _ = candidates(kernels, logits, rules, 7)
    assert tokens[0].tolist() == [3, 511, 512, 600, 1299, 0, 1]


def test_each_row_has_its_own_bounds(kernels: Kernels) -> None:
    bounds = [FREE, (30, 45, 50, 0), (0, TIMESTAMPS, 20, 1)]
    rules = Rules(bounds, never_first=range(10), timestamp_begin=TIMESTAMPS)
    check(kernels, numbers(2, 1, 3, VOCABULARY), rules, 16)


@pytest.mark.parametrize(
    "rules",
    [
        Rules([FREE] * 2, penalty=1.5, said=[(7, 3, 7), ()]),
        Rules([FREE] * 2, penalty=0.5, said=[(0,), (52, 20, 1)]),
        Rules([FREE] * 2, banned=[(), (5, 6, 5, 52)]),
        Rules([FREE] * 2, (7,), penalty=2.0, said=[(7,), (8,)], banned=[(8,), (8,)]),
        Rules([FREE] * 2, timestamp_begin=TIMESTAMPS, banned=[range(20), (0,)]),
    ],
    ids=[
        "what was said is less likely",
        "a penalty below one makes it likelier",
        "listed tokens do not come",
        "what may not come is not freed by a penalty",
        "text that is banned does not outweigh the timestamps",
    ],
)
def test_each_row_has_its_own_lists(kernels: Kernels, rules: Rules) -> None:
    for seed in range(5):
        check(kernels, numbers(seed, 1, 2, VOCABULARY), rules, 16)


def test_a_penalty_of_one_and_empty_lists_change_no_bit(kernels: Kernels) -> None:
    logits = numbers(5, 1, 2, VOCABULARY)
    plain = candidates(kernels, logits, Rules([FREE] * 2))
    said = candidates(kernels, logits, Rules([FREE] * 2, said=[range(9), (50,)]))
    for found, expected in zip(said, plain, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_of_equals_the_first_token_comes_first(kernels: Kernels) -> None:
    logits = np.zeros((1, 1, VOCABULARY))
    logits[0, 0, [40, 11, 29]] = 1.0
    tokens, _ = candidates(kernels, logits, Rules([FREE]))
    assert tokens[0].tolist() == [11, 29, 40, *range(11), 12, 13]


def test_what_may_not_come_has_a_log_probability_of_minus_infinity(
    kernels: Kernels,
) -> None:
    rules = Rules([(10, TIMESTAMPS, 12, 0), (12, TIMESTAMPS, 12, 0)])
    tokens, logprobs = candidates(kernels, numbers(3, 1, 2, VOCABULARY), rules)
    assert set(tokens[0, :2]) == {10, 11}
    assert np.isfinite(logprobs[0, :2]).all()
    assert (logprobs[0, 2:] == -np.inf).all()
    assert (logprobs[1] == -np.inf).all()
    assert ((tokens >= 0) & (tokens < VOCABULARY)).all()


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    vocabulary=st.integers(17, 100),
    batch=st.integers(1, 3),
    group=st.integers(1, 5),
    timestamps=st.booleans(),
)
def test_any_rules_on_any_logits(
    kernels: Kernels,
    seed: int,
    vocabulary: int,
    batch: int,
    group: int,
    timestamps: bool,
) -> None:
    random = np.random.default_rng(seed)
    logits = 4 * random.standard_normal((batch, group, vocabulary))
    begin = int(random.integers(1, vocabulary)) if timestamps else vocabulary
    bounds = [
        (
            int(random.integers(0, vocabulary // 2)),
            int(random.integers(begin, vocabulary + 1)),
            int(random.integers(vocabulary // 2, vocabulary + 1)),
            int(random.integers(0, 2)),
        )
        for _ in range(batch * group)
    ]
    never, first = random.integers(0, vocabulary, (2, 5)).tolist()
    check(kernels, logits, Rules(bounds, never, first, begin), 16)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    vocabulary=st.integers(17, 100),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 5)),
    penalty=st.floats(0.5, 4, width=32),
    longest=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_any_lists_on_any_logits(
    kernels: Kernels,
    seed: int,
    vocabulary: int,
    shape: tuple[int, int],
    penalty: float,
    longest: tuple[int, int],
) -> None:
    random = np.random.default_rng(seed)
    logits = 4 * random.standard_normal((*shape, vocabulary))
    rows = shape[0] * shape[1]
    said, banned = (
        [random.integers(0, vocabulary, random.integers(most + 1)) for _ in range(rows)]
        for most in longest
    )
    begin = int(random.integers(1, vocabulary + 1))
    rules = Rules(
        [(0, begin, vocabulary, 0)] * rows,
        timestamp_begin=begin,
        penalty=penalty,
        said=said,
        banned=banned,
    )
    check(kernels, logits, rules, 16)


HEAT = 0.7
WEIGHTS = np.concatenate([[2.0, 1.0, 0.0, 1.5, 3.0], np.full(12, -1.0)])
DRAWS = 20_000


def seeds_of(rows: int, seed: int) -> list[int]:
    """A seed for each row, some of them large, some near to each other."""
    random = np.random.default_rng(seed)
    large = random.integers(2**64, size=rows, dtype=np.uint64).tolist()
    return [*range(seed, seed + rows // 2), *large][:rows]


def draw(
    kernels: Kernels, seed: int, rows: int = DRAWS, heat: float = HEAT, count: int = 1
) -> list:
    """Samples of equal rows in which token 4, the likeliest, may not come."""
    seeds = seeds_of(rows, seed)
    bounds = [(*FREE[:2], 17, 0)] * rows
    rules = Rules(bounds, never=(4,), temperature=heat, seeds=seeds)
    return candidates(kernels, np.tile(WEIGHTS, (1, rows, 1)), rules, count)


@pytest.mark.parametrize("seed", [1, 2**40 + 5])
def test_samples_come_as_often_as_they_should(kernels: Kernels, seed: int) -> None:
    sampled = draw(kernels, seed)[0][:, 0]
    expected = softmax(np.where(np.arange(17) == 4, -np.inf, WEIGHTS / HEAT))
    share = np.bincount(sampled, minlength=17) / DRAWS
    error = np.sqrt(expected * (1 - expected) / DRAWS)
    assert (abs(share - expected) <= 4.5 * error).all()


def test_samples_carry_their_log_probability_at_temperature_one(
    kernels: Kernels,
) -> None:
    tokens, logprobs = draw(kernels, 3, rows=50, count=16)
    expected = log_softmax(np.where(np.arange(17) == 4, -np.inf, WEIGHTS))
    here = tokens != 4
    np.testing.assert_allclose(logprobs[here], expected[tokens[here]], rtol=1e-5)


def test_samples_of_what_was_said_come_less_often_and_carry_the_penalty(
    kernels: Kernels,
) -> None:
    rows, said = 5000, np.isin(np.arange(17), [0, 3, 8])
    penalised = np.where(said, np.where(WEIGHTS > 0, WEIGHTS / 3, WEIGHTS * 3), WEIGHTS)
    penalised[4] = -np.inf
    tokens, logprobs = candidates(
        kernels,
        np.tile(WEIGHTS, (1, rows, 1)),
        Rules(
            [(*FREE[:2], 17, 0)] * rows,
            temperature=HEAT,
            seeds=seeds_of(rows, 5),
            penalty=3.0,
            said=[(0, 3, 8)] * rows,
            banned=[(4,)] * rows,
        ),
        count=2,
    )
    expected = softmax(penalised / HEAT)
    share = np.bincount(tokens[:, 0], minlength=17) / rows
    error = np.sqrt(expected * (1 - expected) / rows)
    assert (abs(share - expected) <= 4.5 * error).all()
    here = tokens != 4
    np.testing.assert_allclose(
        logprobs[here], log_softmax(penalised)[tokens[here]], rtol=1e-5
    )


def test_equal_seeds_draw_equal_tokens(kernels: Kernels) -> None:
    first, again, other = (draw(kernels, seed, 200)[0] for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first[:, 0] != other[:, 0]).any()


def test_rows_are_drawn_apart(kernels: Kernels) -> None:
    sampled = draw(kernels, 9)[0][:, 0]
    chance = softmax(np.where(np.arange(17) == 4, -np.inf, WEIGHTS / HEAT))
    together = (sampled[1:] == sampled[:-1]).mean()
    assert abs(together - (chance**2).sum()) < 0.02


def test_a_row_draws_by_its_seed_whatever_stands_beside_it(kernels: Kernels) -> None:
    logits = np.tile(WEIGHTS, (1, 40, 1))
    bounds = [(*FREE[:2], 17, 0)] * 40
    seeds = seeds_of(40, 3)
    rules = Rules(bounds, temperature=HEAT, seeds=seeds)
    found = candidates(kernels, logits, rules)[0][:, 0]
    rules = Rules(bounds, temperature=HEAT, seeds=seeds[::-1])
    again = candidates(kernels, logits, rules)[0][:, 0]
    np.testing.assert_array_equal(found, again[::-1])


def test_each_row_has_a_temperature_of_its_own(kernels: Kernels) -> None:
    logits = np.tile(WEIGHTS, (1, 40, 1))
    bounds, seeds = [(*FREE[:2], 17, 0)] * 40, seeds_of(40, 3)
    mixed = Rules(bounds, temperature=[0.0, HEAT] * 20, seeds=seeds)
    found = candidates(kernels, logits, mixed)
    for first, heat in enumerate((0.0, HEAT)):
        alike = candidates(
            kernels, logits, Rules(bounds, temperature=heat, seeds=seeds)
        )
        for some, every in zip(found, alike, strict=True):
            np.testing.assert_array_equal(some[first::2], every[first::2])


def test_little_heat_draws_the_best(kernels: Kernels) -> None:
    assert set(draw(kernels, 1, 100, heat=0.01)[0][:, 0]) == {0}


def test_probe_gives_log_probabilities_without_rules(kernels: Kernels) -> None:
    logits = numbers(4, 3, 1, VOCABULARY)
    asked = np.array([52, 0, 17], np.int32)
    found = kernels("probe", logits, asked)
    expected = log_softmax(logits[:, 0])[:, asked]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
