"""Run a command on the emulated GPU: `python -m tests.emulator pytest tests/gpu`."""

from __future__ import annotations

import os
import sys

from tests.emulator.build import build


def environment() -> dict[str, str]:
    """MAX finds the GPU there, and keeps what it compiles for it apart."""
    folder = build()
    return os.environ | {
        "LD_LIBRARY_PATH": str(folder),
        "MODULAR_NVPTX_COMPILER_PATH": str(folder / "ptxas"),
        "MODULAR_CACHE_DIR": str(folder / "modular"),
        "MAX_WHISPER_CACHE": str(folder / "graphs"),
    }


def main() -> None:
    command = sys.argv[1:]
    if not command:
        raise SystemExit("expected a command to run, found none")
    os.execvpe(command[0], command, environment())


if __name__ == "__main__":
    main()
