"""cuBLAS is found where NVIDIA's wheels lay it, or it is said that it is not."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from max_whisper.engine import cublas
from max_whisper.engine.cublas import load_cublas
from max_whisper.errors import DeviceError


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked for; only files that are there can be loaded."""
    asked: list[str] = []

    def load(path: str, mode: int) -> None:
        asked.append(path)
        if not Path(path).is_file():
            raise OSError(path)

    monkeypatch.setattr(ctypes, "CDLL", load)
    monkeypatch.setattr(cublas, "CUDA", ())
    monkeypatch.delitem(sys.modules, "nvidia", raising=False)
    return asked


@pytest.mark.parametrize(
    "place", ["cu13/lib/libcublas.so.13", "cublas/lib/libcublas.so.12"]
)
def test_it_is_found_in_a_wheel(
    loader: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    library = tmp_path / "nvidia" / place
    library.parent.mkdir(parents=True)
    library.touch()
    monkeypatch.syspath_prepend(tmp_path)
    load_cublas()
    assert loader[-1] == str(library)


def test_without_any_it_is_said_what_to_do(
    loader: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cublas, "find_spec", lambda name: None)
    with pytest.raises(DeviceError, match=r"the extra gpu .* or use device='cpu'"):
        load_cublas()
    assert loader == [*cublas.NAMES]
