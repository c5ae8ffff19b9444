"""What was taken back is left out only if it is not said after all."""

from __future__ import annotations

from max_whisper.pipeline.left_out import LeftOut
from max_whisper.timestamps import TimedTokens
from max_whisper.transcript import Dropped


def heard(start: float, end: float, reason: str = "silence around it") -> Dropped:
    return Dropped(start, end, " one", reason, -1.0, 0.1)


def test_what_is_heard_again_and_said_is_not_left_out() -> None:
    left_out = LeftOut()
    left_out.take_back([heard(10, 12), heard(20, 22)])
    left_out.settle([TimedTokens((1,), 10.2, 11.8)])
    assert left_out.all == [heard(20, 22)]


def test_what_is_taken_back_again_is_told_once() -> None:
    left_out = LeftOut()
    left_out.take_back([heard(10, 12)])
    left_out.take_back([heard(10.2, 12)])
    assert left_out.all == [heard(10.2, 12)]


def test_the_last_reason_counts() -> None:
    left_out = LeftOut()
    left_out.take_back([heard(10, 12)])
    left_out.drop([heard(9, 13, "no speech")])
    assert left_out.all == [heard(9, 13, "no speech")]


def test_what_is_left_out_for_good_stays_and_is_in_order() -> None:
    left_out = LeftOut()
    left_out.drop([heard(10, 12, "no speech")])
    left_out.take_back([heard(2, 3)])
    left_out.settle([TimedTokens((1,), 10.0, 12.0)])
    assert left_out.all == [heard(2, 3), heard(10, 12, "no speech")]
