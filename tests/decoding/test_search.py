"""Searches step by step, with candidates written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from max_whisper.decoding.beam import BeamSearch
from max_whisper.decoding.greedy import GreedySearch
from max_whisper.decoding.search import Hypothesis, best
from max_whisper.engine.protocol import Candidates
from max_whisper.kernels.limits import MAX_CANDIDATES

EOT = 99
NEVER = -np.inf


def offer(*rows: dict[int, float]) -> Candidates:
    """Candidates with these tokens and log probabilities; others may not come."""
    tokens = np.zeros((len(rows), MAX_CANDIDATES), np.int32)
    logprobs = np.full(tokens.shape, NEVER, np.float32)
    for place, row in enumerate(rows):
        tokens[place] = np.arange(200, 200 + MAX_CANDIDATES)
        tokens[place, : len(row)] = list(row)
        logprobs[place, : len(row)] = list(row.values())
    return Candidates(tokens, logprobs)


def test_greedy_takes_the_first_candidate_until_all_rows_end() -> None:
    search = GreedySearch(group=2, eot=EOT)
    assert not search.update(offer({1: -1.0, 2: -0.5}, {3: -0.25}))
    assert not search.update(offer({4: -1.0}, {EOT: -0.25}))
    assert search.update(offer({EOT: -1.0}, {5: -8.0}))
    assert search.rows == [[1, 4, EOT], [3, EOT, EOT]]
    assert search.hypotheses() == [Hypothesis((1, 4), -3.0), Hypothesis((3,), -0.5)]


def test_beams_go_on_from_the_best_rows() -> None:
    search = BeamSearch(beam_size=2, max_finished=2, eot=EOT)
    first = {1: -1.0, 2: -2.0, 3: -3.0}
    assert not search.update(offer(first, first))
    assert search.rows == [(1,), (2,)]
    search.update(offer({4: -3.0, 5: -4.0, 6: -5.0}, {7: -0.5, 8: -1.0, 9: -9.0}))
    assert search.rows == [(2, 7), (2, 8)]
    assert search.sources == [1, 1]


def test_a_beam_that_ends_is_set_aside_if_it_outranks_those_that_go_on() -> None:
    search = BeamSearch(beam_size=2, max_finished=2, eot=EOT)
    first = {1: -1.0, 2: -2.0, 3: -3.0}
    search.update(offer(first, first))
    late = {5: -1.0, 6: -2.0, EOT: -9.0}
    assert not search.update(offer({EOT: -0.5, 3: -1.0, 4: -2.0}, late))
    assert search.rows == [(1, 3), (1, 4)]
    assert search.update(offer({EOT: -0.5, 3: -1.0, 4: -2.0}, late))
    assert search.hypotheses() == [Hypothesis((1,), -1.5), Hypothesis((1, 3), -2.5)]


def test_the_worse_of_those_that_end_at_once_are_lost_when_enough_have() -> None:
    search = BeamSearch(beam_size=2, max_finished=1, eot=EOT)
    first = {1: -1.0, 2: -2.0, 3: -3.0}
    search.update(offer(first, first))
    end = {EOT: -0.5, 3: -5.0, 4: -6.0}
    assert search.update(offer(end, end))
    assert search.hypotheses() == [Hypothesis((1,), -1.5), Hypothesis((1, 3), -6.0)]


def test_unfinished_beams_fill_up_what_has_not_ended() -> None:
    search = BeamSearch(beam_size=3, max_finished=3, eot=EOT)
    first = {1: -2.0, 2: -3.0, EOT: -1.0, 3: -4.0}
    search.update(offer(first, first, first))
    assert search.hypotheses() == [
        Hypothesis((), -1.0),
        Hypothesis((1,), -2.0),
        Hypothesis((2,), -3.0),
    ]


def test_there_are_as_many_beams_as_asked_where_few_tokens_may_come() -> None:
    search = BeamSearch(beam_size=5, max_finished=5, eot=EOT)
    first = offer(*[{1: -1.0, 2: -2.0}] * 5)
    first.tokens[:, 2:] = 0  # as the engine fills up what it has too few of
    search.update(first)
    assert search.rows == [(1,), (2,), (0,), (1,), (1,)]
    assert [h.sum_logprob for h in search.hypotheses()][:2] == [-1.0, -2.0]


def test_what_may_not_come_neither_ends_nor_replaces_what_may() -> None:
    search = BeamSearch(beam_size=3, max_finished=3, eot=EOT)
    first = offer(*[{1: -1.0}] * 3)
    first.tokens[:, 1:] = EOT
    search.update(first)
    search.update(offer(*[{3: -0.5, EOT: -2.0, 4: -3.0}] * 3))
    assert search.rows[:2] == [(1, 3), (1, 4)]
    assert search.hypotheses() == [
        Hypothesis((1,), -3.0),
        Hypothesis((1, 3), -1.5),
        Hypothesis((1, 4), -4.0),
    ]


def test_beams_that_all_end_leave_rows_that_never_win() -> None:
    search = BeamSearch(beam_size=2, max_finished=2, eot=EOT)
    only_end = offer({EOT: -1.0}, {EOT: -1.0})
    only_end.tokens[:, 1:] = EOT
    assert not search.update(only_end)
    assert len(search.rows) == 2
    assert best(search.hypotheses(), None) == Hypothesis((), -1.0)


@pytest.mark.parametrize(("penalty", "length"), [(None, 4), (0.0, 1), (1.0, 4)])
def test_the_length_penalty_decides_between_short_and_likely(
    penalty: float | None, length: int
) -> None:
    short, long = Hypothesis((1,), -1.0), Hypothesis((1, 2, 3, 4), -1.2)
    assert len(best([short, long], penalty).tokens) == length


def test_the_first_of_equals_is_chosen_and_silence_is_no_error() -> None:
    assert best([Hypothesis((), -2.0)], None).avg_logprob == -2.0
    assert best([Hypothesis((1,), -1.0), Hypothesis((2,), -1.0)], None).tokens == (1,)
