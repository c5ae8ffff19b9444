"""The graphs of `graphs.py`, compiled once and kept while they stay the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from max.driver import CPU, Buffer
from max.dtype import DType
from max.engine import InferenceSession, Model
from max.graph import DeviceRef

from max_whisper.engine import compile as engine_compile
from max_whisper.kernels.int8_ops import Int8Ops
from max_whisper.kernels.mojo_ops import MojoOps
from max_whisper.kernels.ops import Ops
from max_whisper.kernels.plain_ops import PlainOps
from tests.kernels import bench, block_graphs, graphs


@dataclass(frozen=True)
class Kernels:
    """One set of operations, ready to be called by name with arrays."""

    name: str
    ops: Ops
    models: dict[str, Model]

    @property
    def weight_dtype(self) -> np.dtype:
        return self.pack(np.zeros((1, 1))).dtype

    def pack(self, matrix: np.ndarray) -> np.ndarray:
        return self.ops.pack(np.float32(matrix))

    def __call__(self, name: str, *arguments: np.ndarray | Buffer) -> Any:
        """The one result of a graph, or all of them; float64 goes in as float32."""
        prefix = PREFIXES.get(self.name, "")
        model = self.models[prefix + name]
        found = [value.to_numpy() for value in model.execute(*map(_put, arguments))]
        return found[0] if len(found) == 1 else found


def _put(value: np.ndarray | Buffer) -> Buffer:
    if isinstance(value, Buffer):
        return value
    if value.dtype == np.float64:
        value = value.astype(np.float32)
    return Buffer.from_numpy(np.ascontiguousarray(value))


SETS: dict[str, Ops] = {
    "mojo": MojoOps(),
    "mojo-half": MojoOps(DType.float16),
    "mojo-int8": Int8Ops(),
    "plain": PlainOps(DeviceRef.CPU(), DType.float32),
}
PREFIXES = {"mojo-half": graphs.HALF, "mojo-int8": graphs.INT8}
SLOW_PLAIN = pytest.param("plain", marks=pytest.mark.slow)


@pytest.fixture(scope="session")
def load(pytestconfig: pytest.Config) -> Callable[[str], Kernels]:
    """A set of operations by name; compiled at most once, now or in an earlier run."""
    folder = pytestconfig.cache.mkdir("max-whisper-kernels")
    loaded: dict[str, dict[str, Model]] = {}

    def load(name: str) -> Kernels:
        family = name.split("-")[0]
        if family not in loaded:
            loaded[family] = _load(folder, family)
        return Kernels(name, SETS[name], loaded[family])

    return load


@pytest.fixture(scope="session", params=["mojo", SLOW_PLAIN])
def kernels(request: pytest.FixtureRequest, load: Callable[[str], Kernels]) -> Kernels:
    """Every set of operations in turn."""
    return load(request.param)


@pytest.fixture(scope="session", params=["mojo", "mojo-half", SLOW_PLAIN])
def weighted(request: pytest.FixtureRequest, load: Callable[[str], Kernels]) -> Kernels:
    """Every set of operations and every precision of its weights in turn."""
    return load(request.param)


@pytest.fixture(scope="session", params=["mojo", "mojo-int8", SLOW_PLAIN])
def cached(request: pytest.FixtureRequest, load: Callable[[str], Kernels]) -> Kernels:
    """Every set of operations and every precision of its caches in turn."""
    return load(request.param)


@pytest.fixture(scope="session")
def int8(load: Callable[[str], Kernels]) -> Kernels:
    """The operations in int8."""
    return load("mojo-int8")


def _load(folder: Path, family: str) -> dict[str, Model]:
    session = InferenceSession([CPU()])
    path = folder / f"{family}-{_digest()}.mef"
    if path.exists():
        return session.init_all(session.compile(path))
    halves = [SETS[f"{family}-half"]] if family == "mojo" else []
    extensions = graphs.package(SETS[family])
    module = graphs.build(SETS[family], extensions, *halves)
    compiled = session.compile(module, custom_extensions=extensions)
    for stale in folder.glob(f"{family}-*.mef"):
        stale.unlink()
    compiled.export_mef(path)
    return session.init_all(compiled)


def _digest() -> str:
    """Of all that the compiled graphs depend on."""
    facts = [
        version("max"),
        engine_compile._cpu_features(),
        engine_compile._sources_digest(),
        *(Path(part.__file__).read_text() for part in (bench, block_graphs, graphs)),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
