"""A GPU that hears equal windows unequally is found out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from max.driver import Buffer

from max_whisper.engine.protocol import AudioFeatures
from max_whisper.engine.twins import verify_twins
from max_whisper.errors import DeviceError
from tests.compiled import config_of
from tests.fakes import FakeEngine


class Hearing(FakeEngine):
    """Features are the first numbers of each window, changed as the test says."""

    def __init__(self, **changed: Any) -> None:
        super().__init__(config_of(multilingual=False), lambda *_: np.zeros(1))
        self.runs_on = "gpu:0, bfloat16"
        self.changed = changed

    def encode(self, windows: np.ndarray) -> AudioFeatures:
        heard = windows[:, :1500, :64].copy()
        if self.changed:
            heard[self.changed["at"]] *= self.changed["by"]
        return AudioFeatures(len(windows), Buffer.from_numpy(heard), ())


def test_equal_ears_are_trusted() -> None:
    verify_twins(Hearing())


def test_what_half_precision_loses_is_no_fault() -> None:
    verify_twins(Hearing(at=0, by=1.01))


@pytest.mark.parametrize("window", [0, 1, 2])
def test_a_row_that_is_wrong_in_one_window_is_told(window: int) -> None:
    with pytest.raises(DeviceError, match=r"sound alike to gpu:0.*device='cpu'"):
        verify_twins(Hearing(at=(window, 7), by=2))


def test_what_is_no_number_is_told() -> None:
    with pytest.raises(DeviceError, match="nan% apart"):
        verify_twins(Hearing(at=(2, 1499), by=np.nan))
