"""Compiled graphs are kept, shared and replaced; whatever happens, the engine runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest
from max.dtype import DType
from max.engine import InferenceSession

from max_whisper.engine import compile as compiling
from max_whisper.engine.compile import Plan, cache_folder
from max_whisper.engine.devices import choose
from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.load import is_compiled, load_engine
from max_whisper.kernels.mojo_ops import MojoOps
from tests.compiled import CPU, config_of, half_weights

CONFIG = config_of(multilingual=False)
WEIGHTS = half_weights(CONFIG)


def plan() -> Plan:
    place = choose(CPU, weights_are_half=True)
    return Plan(CONFIG, place.ops, place.device)


@pytest.fixture
def ready(english: MaxEngine, compiled: Path) -> Path:
    """A compiled file."""
    assert plan().path.parent == compiled
    return plan().path


def compile_at_once(monkeypatch: pytest.MonkeyPatch, ready: Path) -> None:
    """Let a compilation take no time: its outcome is `ready`."""

    class Session(InferenceSession):
        def compile(self, what: Any, **options: Any) -> Any:
            return super().compile(what if isinstance(what, Path) else ready)

    monkeypatch.setattr(compiling, "InferenceSession", Session)
    monkeypatch.setattr(compiling, "build", lambda plan: "the graphs")


@pytest.fixture
def cache(ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, where a compilation takes no time."""
    compile_at_once(monkeypatch, ready)
    monkeypatch.setenv("MAX_WHISPER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Compilations:
    """Counts how often it is said that something is compiled."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    @contextmanager
    def __call__(self, reason: str) -> Iterator[None]:
        self.reasons.append(reason)
        yield


def load() -> int:
    """Load an engine, make it hear something, and return how often it compiled."""
    compilations = Compilations()
    engine = load_engine(CONFIG, WEIGHTS, CPU, compilations)
    assert np.isfinite(engine.log_mel([np.ones(1600, np.float32)]).frames[:]).all()
    return len(compilations.reasons)


def test_a_second_load_does_not_compile(cache: Path) -> None:
    assert not is_compiled(CONFIG, WEIGHTS, CPU)
    assert load() == 1
    assert is_compiled(CONFIG, WEIGHTS, CPU)
    assert load() == 0
    assert [file.parent for file in cache.iterdir()] == [cache]


@pytest.mark.parametrize("share", [0, 0.5], ids=["not a graph", "half a file"])
def test_a_damaged_file_is_replaced(cache: Path, ready: Path, share: float) -> None:
    cache.mkdir()
    graphs = ready.read_bytes()
    plan().path.write_bytes(graphs[: int(share * len(graphs))] or b"not a graph")
    assert load() == 1
    assert load() == 0


def test_a_cache_that_cannot_be_written_only_costs_time(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_text("a file is no folder")
    monkeypatch.setenv("MAX_WHISPER_CACHE", str(cache / "below"))
    assert load() == 1
    assert load() == 1


def test_two_processes_may_compile_at_once(cache: Path, ready: Path) -> None:
    script = "import sys; from tests.engine import test_compile as t; t.child(sys.argv)"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(ready)],
            cwd=Path(__file__).parents[2],
            env=dict(os.environ),
        )
        for _ in range(2)
    ]
    assert [child.wait() for child in children] == [0, 0]
    assert [file.name for file in cache.iterdir()] == [plan().path.name]
    assert load() == 0


def child(arguments: list[str]) -> None:
    """What each of the two processes does."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        compile_at_once(monkeypatch, Path(arguments[1]))
        load()


def test_the_cache_can_be_moved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAX_WHISPER_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    assert plan().path.parent == tmp_path
    monkeypatch.delenv("MAX_WHISPER_CACHE")
    assert cache_folder() == platformdirs.user_cache_path("max-whisper")


def test_a_name_says_all_that_a_file_depends_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    same = plan()
    paths = {
        same.path,
        plan().path,
        replace(same, ops=MojoOps(DType.float32)).path,
        replace(same, config=config_of(multilingual=True)).path,
    }
    monkeypatch.setattr(compiling, "_sources_digest", lambda: "other kernels")
    paths.add(plan().path)
    monkeypatch.setattr(compiling, "_cpu_features", lambda: "another CPU")
    paths.add(plan().path)
    monkeypatch.setattr(compiling, "version", lambda name: "26.8.0")
    paths.add(plan().path)
    assert len(paths) == 6
