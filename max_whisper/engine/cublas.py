"""cuBLAS, for the encoder's products on NVIDIA cards.

MAX loads it by its name, which finds what this process has loaded already. It comes
with CUDA, or as a wheel (the extra `gpu`), where no loader would look.
"""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
from pathlib import Path

from max_whisper.errors import DeviceError

NAMES = ("libcublas.so.13", "libcublas.so.12")
WHEELS = ("cu13/lib", "cublas/lib")
"""Where NVIDIA's wheels for CUDA 13 and 12 lay it, below the package `nvidia`."""
CUDA = tuple(sorted(Path("/usr/local").glob("cuda*/lib64"), reverse=True))
"""Where CUDA lies, one beside another."""


def load_cublas() -> None:
    """Load it for the whole process; `DeviceError` where there is none."""
    places = [Path(name) for name in NAMES]
    places += [folder / name for folder in _folders() for name in NAMES]
    for place in places:
        try:
            ctypes.CDLL(str(place), mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        return
    raise DeviceError(
        "expected cuBLAS for an NVIDIA GPU, found none; install the extra gpu "
        "(nvidia-cublas) or CUDA, or use device='cpu'"
    )


def _folders() -> list[Path]:
    found = find_spec("nvidia")
    roots = (found.submodule_search_locations if found else None) or ()
    return [Path(root) / wheel for root in roots for wheel in WHEELS] + [*CUDA]
