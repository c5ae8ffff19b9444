"""An engine whose steps are captured says what one says whose steps are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
import pytest
from max.driver import Buffer, Device
from max.engine import Model

from max_whisper.engine import engine as engine_module
from max_whisper.engine.buffers import uploaded
from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.protocol import Bounds, DecodingState, TokenRules
from max_whisper.errors import MaxWhisperError
from tests.compiled import tiny_engine

FREE = Bounds(0, 40, 40, False)


class OnTheHost:
    """Stands in for `Captured` where nothing can be captured."""

    made = 0

    def __init__(
        self, model: Model, key: int, device: Device, small: Any, others: Any
    ) -> None:
        self.model, self.device, self.others = model, device, others
        self.shapes = [array.shape for array in small]
        OnTheHost.made += 1

    def fits(self, small: Sequence[np.ndarray]) -> bool:
        return [array.shape for array in small] == self.shapes

    def run(self, small: Sequence[np.ndarray]) -> list[Buffer]:
        return self.model.execute(*uploaded(small, self.device), *self.others)


@pytest.fixture
def captures(
    compiled: object, english: MaxEngine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MaxEngine]:
    monkeypatch.setattr(engine_module, "Captured", OnTheHost)
    monkeypatch.setattr(english, "_captures", count(1))
    OnTheHost.made = 0
    yield english


def begin(engine: MaxEngine, windows: int = 2, group: int = 2) -> DecodingState:
    config = engine.config
    shape = (windows, config.num_frames, config.num_mel_bins)
    mel = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    anything = np.zeros(config.vocab_size, np.bool_)
    rules = TokenRules(anything, anything, config.vocab_size)
    prompts = [[1, 2, 3], [4, 5]][:windows]
    return engine.prefill(engine.encode(mel), prompts, rules, group=group)


def said(engine: MaxEngine, state: DecodingState, steps: int) -> list[list[int]]:
    rows = state.batch * state.group
    tokens, found = [7] * rows, []
    for step in range(steps):
        sources = [row ^ (step % 2) for row in range(rows)]
        best = engine.step(state, tokens, [FREE] * rows, sources=sources)
        tokens = best.tokens[:, 0].tolist()
        found.append(tokens)
    return found


def test_one_capture_serves_all_steps(english: MaxEngine, captures: MaxEngine) -> None:
    found = said(captures, begin(captures), 6)
    assert OnTheHost.made == 1
    captures._captures = None
    assert found == said(english, begin(english), 6)


def test_windows_that_join_need_no_new_capture(captures: MaxEngine) -> None:
    state = begin(captures)
    said(captures, state, 2)
    other = begin(captures, windows=1)
    state = captures.swap(state, [1], other.features, [[6, 7, 8]])
    said(captures, state, 2)
    assert OnTheHost.made == 1


def test_windows_that_are_kept_need_a_new_one(captures: MaxEngine) -> None:
    state = begin(captures)
    said(captures, state, 2)
    said(captures, captures.keep(state, [1]), 2)
    assert OnTheHost.made == 2


def test_lists_that_grow_need_few(captures: MaxEngine) -> None:
    state = begin(captures)
    for step in range(16):
        bounds = Bounds(0, 40, 40, False, said=tuple(range(step)))
        captures.step(state, [7] * 4, [bounds] * 4)
    assert OnTheHost.made == 5


def test_what_cannot_be_captured_is_run(
    captures: MaxEngine,
    english: MaxEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such thing here")

    monkeypatch.setattr(engine_module, "Captured", fail)
    found = said(captures, begin(captures), 3)
    assert [record.message for record in caplog.records] == [
        "A step cannot be captured, and is slower: no such thing here"
    ]
    assert found == said(english, begin(english), 3)


def test_a_closed_engine_does_not_go_on(
    compiled: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "Captured", OnTheHost)
    engine = tiny_engine(multilingual=False)
    monkeypatch.setattr(engine, "_captures", count(1))
    state = begin(engine)
    said(engine, state, 1)
    engine.close()
    with pytest.raises(MaxWhisperError, match="found it closed"):
        said(engine, state, 1)
