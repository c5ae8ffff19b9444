"""A GPU that hears equal windows unequally is found out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from max.driver import Buffer

from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.protocol import AudioFeatures, Candidates
from max_whisper.engine.twins import verify_twins
from max_whisper.errors import DeviceError


@dataclass
class Hearing:
    """An engine that changes what it hears, at some places, by a factor; or what it
    thinks likely of the first window.
    """

    engine: MaxEngine
    at: Any = ()
    by: float = 1
    likelier: float = 0
    batch_size: int = 8
    runs_on: str = "gpu, bfloat16"

    def encode(self, windows: np.ndarray) -> AudioFeatures:
        features = self.engine.encode(windows)
        heard = features.states.to_numpy().copy()
        heard[self.at] *= self.by
        return replace(features, states=Buffer.from_numpy(heard))

    def step(self, *arguments: Any) -> Candidates:
        found = self.engine.step(*arguments)
        found.logprobs[0] += self.likelier
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


def test_equal_ears_are_trusted(english: MaxEngine) -> None:
    verify_twins(Hearing(english))


def test_what_half_precision_loses_is_no_fault(english: MaxEngine) -> None:
    verify_twins(Hearing(english, at=0, by=1.01))


@pytest.mark.parametrize("window", [0, 1, 2])
def test_a_row_that_is_wrong_in_one_window_is_told(
    english: MaxEngine, window: int
) -> None:
    with pytest.raises(DeviceError, match=r"heard alike on gpu.*device='cpu'"):
        verify_twins(Hearing(english, at=(window, 7), by=2))


@pytest.mark.parametrize("likelier", [1, np.nan])
def test_a_token_that_is_likelier_in_one_window_is_told(
    english: MaxEngine, likelier: float
) -> None:
    with pytest.raises(DeviceError, match="computes wrongly"):
        verify_twins(Hearing(english, likelier=likelier))


def test_what_is_no_number_is_told(english: MaxEngine) -> None:
    with pytest.raises(DeviceError, match="nan apart"):
        verify_twins(Hearing(english, at=(2, 1499), by=np.nan))


def test_one_window_is_enough_where_two_do_not_fit(english: MaxEngine) -> None:
    verify_twins(Hearing(english, batch_size=1))
