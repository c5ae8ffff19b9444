"""Recordings and a model that lie beside the repository, where there are any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from max_whisper.engine import devices

# A program of its own, which needs the openai-whisper package: `make parity`.
collect_ignore = ["parity"]

# A busy machine is slow, not wrong.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session", autouse=True)
def _no_gpu_unless_named() -> Iterator[None]:
    """Wherever tests run, `auto` is the CPU."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(devices, "_known_gpu", lambda options: None)
        yield


def folder(path: Path) -> Path:
    if not path.is_dir():
        pytest.skip(f"needs {path}")
    return path


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared` beside the checkout."""
    return folder(SHARED)


@pytest.fixture(scope="session")
def speech(shared: Path) -> Path:
    """Recordings, with `manifest.tsv`."""
    return folder(shared / "speech")


@pytest.fixture(scope="session")
def model_folder(shared: Path) -> Path:
    """A checkpoint with the architecture and tokenizer of tiny.en."""
    return folder(shared / "models" / "whisper-tiny.en-relearned")
