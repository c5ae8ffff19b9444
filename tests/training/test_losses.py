from __future__ import annotations

import math

import pytest

pytest.importorskip("torch", reason="needs PyTorch, in which losses are written")

import torch

from training.losses import NEARBY, near_times, turn_loss
from training.targets import IGNORED

TOKENS, FIRST_TIME = 40, 10


def loss(guess: int, time: int) -> float:
    """Where the model is all but sure of `guess` and `time` is right."""
    logits = torch.zeros(1, TOKENS)
    logits[0, guess] = 10
    logprobs = torch.log_softmax(logits, dim=-1)
    return float(near_times(logprobs, torch.tensor([time]), FIRST_TIME))


def test_the_hill_is_a_probability_and_even_on_both_sides() -> None:
    assert sum(NEARBY) == pytest.approx(1)
    assert list(NEARBY) == list(reversed(NEARBY))


def test_the_nearer_the_guess_the_lower_the_loss() -> None:
    losses = [loss(25 + off, 25) for off in range(5)]
    assert losses == sorted(losses)
    assert len({round(value, 3) for value in losses}) == 5
    assert loss(22, 25) == pytest.approx(loss(28, 25))


def test_beyond_the_hill_every_guess_is_as_wrong() -> None:
    assert loss(29, 25) == pytest.approx(loss(39, 25)) == pytest.approx(loss(0, 25))


def test_the_first_and_the_last_time_take_what_would_fall_outside() -> None:
    assert loss(FIRST_TIME, FIRST_TIME) < loss(25, 25)
    assert loss(TOKENS - 1, TOKENS - 1) < loss(25, 25)
    assert loss(FIRST_TIME - 1, FIRST_TIME) == pytest.approx(loss(0, FIRST_TIME))


def test_a_model_that_knows_nothing_pays_for_all_tokens() -> None:
    logprobs = torch.log_softmax(torch.zeros(3, TOKENS), dim=-1)
    total = near_times(logprobs, torch.tensor([10, 25, 39]), FIRST_TIME)
    assert float(total) == pytest.approx(3 * math.log(TOKENS), rel=1e-5)


def test_without_times_there_is_no_loss() -> None:
    none = torch.zeros(0, dtype=torch.long)
    assert float(near_times(torch.zeros(0, TOKENS), none, FIRST_TIME)) == 0


def looks(*rows: list[float]) -> torch.Tensor:
    """Log probabilities `[1, 1, labels, positions]` from shares of a position."""
    return torch.tensor(rows).log()[None, None]


def test_who_looks_most_when_it_is_its_turn_pays_least() -> None:
    turns = torch.tensor([[0, 0, 1]])
    right = turn_loss(looks([0.4, 0.4, 0.01], [0.1, 0.1, 0.5]), turns)
    wrong = turn_loss(looks([0.1, 0.1, 0.5], [0.4, 0.4, 0.01]), turns)
    even = turn_loss(looks([0.3, 0.3, 0.3], [0.3, 0.3, 0.3]), turns)
    assert right < even < wrong
    assert float(even) == pytest.approx(math.log(2))


def test_who_never_has_a_turn_is_no_rival() -> None:
    turns = torch.tensor([[0, 1, 1]])
    two = looks([0.4, 0.1, 0.1], [0.1, 0.4, 0.4])
    three = looks([0.4, 0.1, 0.1], [0.1, 0.4, 0.4], [0.9, 0.9, 0.9])
    assert float(turn_loss(three, turns)) == pytest.approx(float(turn_loss(two, turns)))


def test_in_silence_it_is_the_share_that_counts_not_how_little_it_is() -> None:
    turns = torch.tensor([[0, 1]])
    loud = looks([0.4, 0.1], [0.1, 0.4])
    assert float(turn_loss(loud - 20, turns)) == pytest.approx(
        float(turn_loss(loud, turns))
    )


def test_without_turns_there_is_nothing_to_pay() -> None:
    turns = torch.full((1, 2), IGNORED)
    assert float(turn_loss(looks([0.4, 0.1]), turns)) == 0
