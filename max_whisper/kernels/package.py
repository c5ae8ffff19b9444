"""Our kernels in Mojo, as packages that graphs can be built with."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from max.graph import KernelLibrary

KERNELS = Path(__file__).parent / "mojo"
GPU_KERNELS = Path(__file__).parent / "mojo_gpu"


@cache
def package(folder: Path = KERNELS) -> list[Path]:
    """The kernels as one parsed file; given the folder, every graph would parse it."""
    library = KernelLibrary()
    library.load_paths([folder])
    paths: list[Path] = library.library_paths()
    return paths
