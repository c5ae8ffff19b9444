"""The libraries of the emulator, by the C++ compiler in the wheel `ziglang`."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "emulator"

SOURCES = {
    "libcuda.so.1": ("driver.cpp", "cublas.cpp", "kernel.cpp", "instructions.cpp"),
    "libnvidia-ml.so.1": ("nvml.cpp",),
}
SAME = {"libcublas.so.13": "libcuda.so.1"}
"""Names of what is in another library."""
TRANSLATOR = ("ptx.py", "places.py", "instructions.py", "translate.py")
OPTIONS = """
-std=c++17 -O2 -march=native -fwrapv -fno-strict-aliasing -fno-sanitize=all
-fPIC -shared
"""


def build() -> Path:
    """The folder with the libraries and `ptxas`, named after what they are made of."""
    if find_spec("ziglang") is None or sys.platform != "linux":
        raise SystemExit(
            "expected Linux and the extra emulator; run: make gpu-emulate, "
            "or pip install -e '.[emulator]'"
        )
    made_of = [*sorted(HERE.glob("*.cpp")), *sorted(HERE.glob("*.h"))]
    folder = BUILD / _digest(made_of)
    folder.mkdir(parents=True, exist_ok=True)
    for library, sources in SOURCES.items():
        if not (folder / library).exists():
            _compile(folder / library, sources)
    for name, library in SAME.items():
        if not (folder / name).exists():
            (folder / name).symlink_to(library)
    _write_ptxas(folder / "ptxas")
    return folder


def compiled() -> Path:
    """The folder for what MAX compiles with this `ptxas`."""
    return BUILD / f"compiled-{_digest([HERE / name for name in TRANSLATOR])}"


def _digest(paths: Sequence[Path]) -> str:
    texts = [path.read_bytes() for path in paths]
    return hashlib.sha256(b"".join([*texts, OPTIONS.encode()])).hexdigest()[:16]


def _compile(library: Path, sources: tuple[str, ...]) -> None:
    partial = library.with_name(f"{os.getpid()}.{library.name}")
    command = [sys.executable, "-m", "ziglang", "c++", *OPTIONS.split()]
    command += [f"-Wl,-soname,{library.name}", "-o", str(partial)]
    command += [str(HERE / source) for source in sources]
    cache = {
        f"ZIG_{whose}_CACHE_DIR": str(BUILD / "zig") for whose in ("GLOBAL", "LOCAL")
    }
    subprocess.run(command, check=True, env=os.environ | cache)
    partial.rename(library)


def _write_ptxas(path: Path) -> None:
    root = f'PYTHONPATH="{HERE.parents[1]}"'
    call = f'{root} exec "{sys.executable}" -m tests.emulator.translate "$@"'
    path.write_text(f"#!/bin/sh\n{call}\n")
    path.chmod(0o755)
