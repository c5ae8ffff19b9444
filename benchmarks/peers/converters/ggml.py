"""Weights for whisper.cpp: … SOURCE MADE f16|f32|q8_0|….

The source package of pywhispercpp has whisper.cpp in it: its script converts from
Hugging Face's form, and its program, compiled here, quantises.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import whisper

from benchmarks.peers.environments import BUILD, CONSTRAINTS

SOURCES = BUILD / "sources"
ASSETS = Path(whisper.__file__).parents[1]
"""Where the script finds OpenAI's mel filters, as `whisper/assets`."""


def main() -> None:
    source, made, precision = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    if precision in ("f16", "f32"):
        convert(source, made, precision)
    else:
        subprocess.run([quantiser(), source, made, precision], check=True)


def convert(source: Path, made: Path, precision: str) -> None:
    program = repository() / "models" / "convert-h5-to-ggml.py"
    options = ["use-f32"] if precision == "f32" else []
    command = [sys.executable, program, source, ASSETS, made.parent, *options]
    subprocess.run(command, check=True)
    [written] = made.parent.glob("ggml-model*.bin")
    written.rename(made)


def quantiser() -> Path:
    """whisper.cpp's own program, compiled if it is not there."""
    folder = SOURCES / "quantiser"
    program = folder / "bin" / "whisper-quantize"
    if not program.exists():
        options = ["-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=OFF"]
        source = ["-S", repository(), "-B", folder]
        subprocess.run(["cmake", *source, *options], check=True)
        target = ["--target", "whisper-quantize", "--parallel", "2"]
        subprocess.run(["cmake", "--build", folder, *target], check=True)
    return program


def repository() -> Path:
    """whisper.cpp as the source package of pywhispercpp has it."""
    found = list(SOURCES.glob("pywhispercpp-*/whisper.cpp"))
    if not found:
        SOURCES.mkdir(parents=True, exist_ok=True)
        only_source = ["--no-deps", "--no-binary", "pywhispercpp", "-c", CONSTRAINTS]
        command = ["-m", "pip", "download", "--quiet", *only_source, "pywhispercpp"]
        subprocess.run([sys.executable, *command, "-d", SOURCES], check=True)
        [archive] = SOURCES.glob("pywhispercpp-*.tar.gz")
        with tarfile.open(archive) as file:
            file.extractall(SOURCES, filter="data")
        found = list(SOURCES.glob("pywhispercpp-*/whisper.cpp"))
    return found[0]


if __name__ == "__main__":
    main()
