"""Our kernels in Mojo, as a package that graphs can be built with."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from max.graph import KernelLibrary

KERNELS = Path(__file__).parent / "mojo"


@cache
def package() -> list[Path]:
    """The kernels as one parsed file; given the folder, every graph would parse it."""
    library = KernelLibrary()
    library.load_paths([KERNELS])
    paths: list[Path] = library.library_paths()
    return paths
