"""The libraries of the emulator, by the C++ compiler in the wheel `ziglang`."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "emulator"

SOURCES = {
    "libcuda.so.1": ("driver.cpp", "kernel.cpp", "instructions.cpp"),
    "libnvidia-ml.so.1": ("nvml.cpp",),
    "libcublas.so.13": ("cublas.cpp",),
}
OPTIONS = (
    "-std=c++17",
    "-O2",
    "-march=native",
    "-fno-sanitize=all",
    "-fPIC",
    "-shared",
)


def build() -> Path:
    """The folder with the libraries, named after what they are made of."""
    made_of = sorted([*HERE.glob("*.cpp"), *HERE.glob("*.h"), *HERE.glob("*.py")])
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in made_of))
    folder = BUILD / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    for library, sources in SOURCES.items():
        if not (folder / library).exists():
            _compile(folder / library, sources)
    compiler = folder / "ptxas"
    if not compiler.exists():
        path, run = f'PYTHONPATH="{HERE.parents[1]}"', f'"{sys.executable}" -m'
        call = f'{path} exec {run} tests.emulator.translate "$@"'
        compiler.write_text(f"#!/bin/sh\n{call}\n")
        compiler.chmod(0o755)
    return folder


def _compile(library: Path, sources: tuple[str, ...]) -> None:
    partial = library.with_name(f"partial.{library.name}")
    command = [sys.executable, "-m", "ziglang", "c++", *OPTIONS]
    command += [f"-Wl,-soname,{library.name}", "-o", str(partial)]
    subprocess.run([*command, *(str(HERE / source) for source in sources)], check=True)
    partial.rename(library)
