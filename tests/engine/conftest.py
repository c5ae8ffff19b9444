"""Engines of the tiny Whispers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from max_whisper.engine.engine import MaxEngine
from tests.compiled import half_weights, keep_compiled, tiny_engine
from tests.numpy_whisper import NumpyWhisper


@pytest.fixture(scope="session")
def compiled(pytestconfig: pytest.Config) -> Iterator[Path]:
    """The folder of compiled graphs, honoured while these tests run."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield keep_compiled(pytestconfig, monkeypatch)


@pytest.fixture(scope="session")
def english(compiled: Path) -> MaxEngine:
    return tiny_engine(multilingual=False)


@pytest.fixture(scope="session")
def multilingual(compiled: Path) -> MaxEngine:
    return tiny_engine(multilingual=True)


@pytest.fixture(scope="session", params=["english", "multilingual"])
def engine(request: pytest.FixtureRequest) -> MaxEngine:
    """Both of them in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def whisper(engine: MaxEngine) -> NumpyWhisper:
    """The same weights in NumPy."""
    return NumpyWhisper(engine.config, half_weights(engine.config))
