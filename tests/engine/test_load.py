"""What a GPU is asked before it is used."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from max_whisper.engine import load
from max_whisper.engine.devices import Place
from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from max_whisper.errors import DeviceError
from tests.compiled import half_weights
from tests.engine.test_twins import Hearing


@pytest.fixture
def weights(
    english: MaxEngine, monkeypatch: pytest.MonkeyPatch
) -> dict[str, np.ndarray]:
    """Of a model that is loaded on what passes for a GPU."""
    gpu: Any = SimpleNamespace(is_host=False)
    place = Place(gpu, gpu, "gpu, bfloat16")
    monkeypatch.setattr(load, "choose", lambda *_, **__: place)
    return half_weights(english.config)


def test_one_that_hears_unequally_is_not_loaded(
    english: MaxEngine, weights: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Hearing(english, at=(0, 7), by=2)
    monkeypatch.setattr(load, "_engine", lambda *_: wrong)
    with pytest.raises(DeviceError, match="computes wrongly"):
        load_engine(english.config, weights, EngineOptions(device="gpu"))


def test_one_that_fails_is_an_error_of_ours(
    english: MaxEngine, weights: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("CUDA error 2")

    monkeypatch.setattr(load, "_engine", fail)
    with pytest.raises(DeviceError, match="CUDA error 2; try a smaller model"):
        load_engine(english.config, weights, EngineOptions(device="gpu"))
