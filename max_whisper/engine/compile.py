"""Compile a model's graphs once, and keep them.

A compiled file holds no weights: one serves every checkpoint of the same shape and
alignment heads. It is kept under a name that says all it depends on, written beside its
place and moved there, so that neither a second process nor a crash can leave half a
file.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import platformdirs
from max.driver import Buffer, Device
from max.engine import CompiledModel, InferenceSession, Model
from max.graph import Module

from max_whisper.config import WhisperConfig
from max_whisper.engine.devices import NVIDIA
from max_whisper.engine.in_turn import turn_on
from max_whisper.features.log_mel import build_log_mel
from max_whisper.kernels.ops import Ops
from max_whisper.kernels.package import KERNELS
from max_whisper.model.graphs import (
    build_align,
    build_encode,
    build_prefill,
    build_step,
)
from max_whisper.model.parameters import Parameters
from max_whisper.weights.names import expected_shapes

OnCompile = Callable[[str], AbstractContextManager[object]]

REASON = (
    "Compiling the model for this machine. This happens once for a model size and "
    "takes about a minute"
)
GPU_REASON = (
    "Compiling the model for this GPU. This happens once for a model size and takes "
    "some minutes"
)
PORTABLE_CPU = "x86-64-v3"
"""What the code beside a GPU's may ask of a CPU if it was compiled elsewhere."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a compiled file depends on."""

    config: WhisperConfig
    ops: Ops
    device: Device
    is_portable: bool = False

    @property
    def path(self) -> Path:
        """Where the compiled file is kept; `MAX_WHISPER_CACHE` moves it."""
        facts = {
            "config": asdict(self.config),
            "ops": repr(self.ops),
            "device": self._device_facts,
            "max": version("max"),
            "sources": _sources_digest(),
        }
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        return cache_folder() / f"{digest.hexdigest()[:32]}.mef"

    @property
    def _device_facts(self) -> str:
        """What the CPU can do, and the kind of GPU: code is compiled for just that."""
        host = f"{platform.machine()} "
        host += PORTABLE_CPU if self.is_portable else _cpu_features()
        if self.device.is_host:
            return host
        products = "cublas" if self.device.api == NVIDIA else "max"
        kind = f"{self.device.api} {self.device.architecture_name}"
        return f"{kind} {products} {host}"


def cache_folder() -> Path:
    """The folder of compiled graphs."""
    chosen = os.environ.get("MAX_WHISPER_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("max-whisper")


def session_on(device: Device) -> InferenceSession:
    """Where graphs for a device are compiled and loaded."""
    session = InferenceSession([device])
    if device.api == NVIDIA:
        # With MAX's own products the first row of an encoder came out wrong on an H100,
        # with cuBLAS's it did not. MAX has no public word for this choice.
        session._use_vendor_blas("1")
    return session


def load_graphs(
    plan: Plan,
    session: InferenceSession,
    weights: dict[str, Buffer],
    on_compile: OnCompile,
) -> dict[str, Model]:
    """The graphs of a model, ready to run, by name."""
    found = (_kept(path, session) for path in kept_paths(plan))
    compiled = next((graphs for graphs in found if graphs is not None), None)
    if compiled is None:
        with on_compile(REASON if plan.device.is_host else GPU_REASON):
            compiled = compile_graphs(plan, session)
    with turn_on(plan.device):
        models: dict[str, Model] = session.init_all(compiled, weights_registry=weights)
    return models


def kept_paths(plan: Plan) -> list[Path]:
    """The files that serve: compiled here, or for a GPU on another machine."""
    portable = [] if plan.device.is_host else [replace(plan, is_portable=True)]
    return [path for path in (p.path for p in (plan, *portable)) if path.exists()]


def compile_graphs(plan: Plan, session: InferenceSession) -> CompiledModel:
    """Compile the graphs of a model, and keep them for the next time."""
    module = build(plan)
    compiled = session.compile(module, custom_extensions=plan.ops.extensions)
    _keep(compiled, plan.path)
    return compiled


def _kept(path: Path, session: InferenceSession) -> CompiledModel | None:
    """What was compiled before; a file that cannot be read is as good as none."""
    try:
        return session.compile(path)
    except (OSError, RuntimeError, ValueError):
        return None


def build(plan: Plan) -> Module:
    """All the graphs of a model, as one module."""
    module = Module()
    at = Parameters(plan.ops, expected_shapes(plan.config))
    build_log_mel(module, plan.ops, plan.config.num_mel_bins)
    build_encode(module, at, plan.config)
    build_prefill(module, at, plan.config)
    build_step(module, at, plan.config)
    build_align(module, at, plan.config)
    return module


def _keep(compiled: CompiledModel, path: Path) -> None:
    """Write a file in one move; a full or read-only disk only costs the next start."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            compiled.export_mef(Path(folder) / path.name)
            os.replace(Path(folder) / path.name, path)
    except (OSError, RuntimeError):
        return


def _sources_digest() -> str:
    """A digest of every file that shapes a graph."""
    package = KERNELS.parent.parent
    digest = hashlib.sha256()
    for room in ("kernels", "model", "features"):
        for file in sorted((package / room).rglob("*")):
            if file.suffix in {".py", ".mojo"}:
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _cpu_features() -> str:
    """The CPU's own list of its features."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")
