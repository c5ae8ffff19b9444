"""An environment for each engine, made when first needed, so that ours stays clean.

They lie in `build/bench/environments`; delete one and it is made anew. Ours is the one
that runs this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench"
CONSTRAINTS = ROOT / "benchmarks" / "constraints.txt"
OURS = "ours"

REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "openai-whisper": ("openai-whisper", "torch"),
    "faster-whisper": ("faster-whisper",),
    "whisper.cpp": ("pywhispercpp", "--no-binary=pywhispercpp"),
    "transformers": ("transformers==5.23.0", "torch"),
    "openvino": ("openvino-genai",),
    "sherpa-onnx": ("sherpa-onnx", "numpy"),
    "convert": (
        "optimum-intel[openvino]",
        "transformers==5.5.4",
        "torch",
        "ctranslate2",
        "openai-whisper",
        "onnx",
        "onnxruntime",
    ),
    "words": ("whisper-normalizer",),
}
"""whisper.cpp is compiled here, since its wheels are made for any processor at all."""


VARIABLES = {
    "whisper.cpp": {
        "CMAKE_ARGS": "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON "
        "-DCMAKE_INSTALL_RPATH=$ORIGIN"
    }
}
"""What an installation needs to be told: that libraries lie beside the extension."""

UNWANTED = {"convert": ("torchvision",)}
"""What comes along unused, and may not fit a PyTorch without CUDA."""


class Missing(Exception):
    """An engine, or the weights for it, cannot be had; the message says why."""


def python(name: str) -> Path:
    """The interpreter of an environment, which is made if it is not there.

    Raises `Missing` with the end of what pip said.
    """
    if name == OURS:
        return Path(sys.executable)
    folder = BUILD / "environments" / name
    stamp, wanted = folder / ".ready", " ".join(REQUIREMENTS[name])
    wanted += CONSTRAINTS.read_text()
    interpreter = folder / "bin" / "python"
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "-c", str(CONSTRAINTS)]
        command = [str(interpreter), *install, *REQUIREMENTS[name]]
        run(command, **VARIABLES.get(name, {}))
        for package in UNWANTED.get(name, ()):
            run([str(interpreter), "-m", "pip", "uninstall", "--yes", package])
        stamp.write_text(wanted)
    return interpreter


def run(command: list[str], **variables: str) -> str:
    """What a command prints. Raises `Missing` with its last words if it fails."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Missing(" ".join(lines[-3:])[-500:] or f"{command[0]} failed")
    return done.stdout
