"""A GPU that nobody named and that cannot be used is left alone, and that is told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from max_whisper.engine import load
from max_whisper.engine.devices import Place
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from max_whisper.errors import DeviceError
from tests.compiled import config_of, half_weights

CONFIG = config_of(multilingual=False)
WEIGHTS = half_weights(CONFIG)
FAILURES = [
    DeviceError("expected equal windows to sound alike"),
    RuntimeError("CUDA_ERROR_OUT_OF_MEMORY"),
    ValueError("no such architecture"),
]


@pytest.fixture(params=FAILURES, ids=lambda error: type(error).__name__)
def failure(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, compiled: Path
) -> str:
    """What is said where a model is loaded on the GPU of this machine."""
    choose, bound = load.choose, load._bound

    def choose_gpu(options: EngineOptions, **facts: Any) -> Place:
        if options.device == "cpu":
            return choose(options, **facts)
        gpu: Any = SimpleNamespace(is_host=False, api="virtual")
        return Place(gpu, gpu, "gpu:0, bfloat16")

    def fail_on_gpu(place: Place, *others: Any) -> Any:
        if not place.device.is_host:
            raise request.param
        return bound(place, *others)

    monkeypatch.setattr(load, "choose", choose_gpu)
    monkeypatch.setattr(load, "_bound", fail_on_gpu)
    return str(request.param)


def test_auto_falls_back_to_the_cpu(
    failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine = load_engine(CONFIG, WEIGHTS, EngineOptions())
    assert engine.runs_on == "cpu, float32"
    [told] = [m for m in caplog.messages if m.startswith("The CPU is used")]
    assert failure in told


def test_a_gpu_that_was_named_is_not_replaced(failure: str) -> None:
    with pytest.raises(DeviceError, match=failure):
        load_engine(CONFIG, WEIGHTS, EngineOptions(device="gpu"))
