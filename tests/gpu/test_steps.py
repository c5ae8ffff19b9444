"""An engine on a GPU: its captured steps, windows that join, and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from max.driver import Device

from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from max_whisper.weights import load_checkpoint
from tests.engine.test_steps_captured import begin, said


def load_demo() -> MaxEngine:
    checkpoint = load_checkpoint("demo")
    options = EngineOptions(device="gpu")
    return load_engine(checkpoint.config, checkpoint.weights, options)


@pytest.fixture(scope="module")
def engine(gpu: Device) -> Iterator[MaxEngine]:
    loaded = load_demo()
    yield loaded
    loaded.close()


def test_a_captured_step_says_what_one_says_that_is_run(
    engine: MaxEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine._captures is None:
        pytest.skip("no GPU that captures")
    captured = said(engine, begin(engine), 60)
    assert engine._captures is not None, "the capture failed"
    monkeypatch.setattr(engine, "_captures", None)
    assert captured == said(engine, begin(engine), 60)


def test_a_window_that_joins_says_what_it_says_alone(engine: MaxEngine) -> None:
    alone = begin(engine, windows=1)
    expected = said(engine, alone, 20)
    state = begin(engine)
    said(engine, state, 5)
    other = begin(engine, windows=1)
    state = engine.swap(state, [1], other.features, [[1, 2, 3]])
    found = np.array(said(engine, state, 20))
    np.testing.assert_array_equal(found[:, 2:], expected)


def test_what_is_closed_gives_its_memory_back(gpu: Device, engine: MaxEngine) -> None:
    if not gpu.stats.get("free_memory"):
        pytest.skip("no GPU that says how much memory is free")
    said(engine, begin(engine), 3)
    before = gpu.stats["free_memory"]
    other = load_demo()
    said(other, begin(other), 3)
    assert gpu.stats["free_memory"] < before
    other.close()
    assert before - gpu.stats["free_memory"] < 2**20
