"""Run a command on the emulated GPU: `python -m tests.emulator pytest tests/gpu`."""

from __future__ import annotations

import os
import sys

from tests.emulator.build import build, compiled


def environment() -> dict[str, str]:
    """MAX finds the GPU there, and keeps what it compiles for it apart."""
    folder, kept = build(), compiled()
    others = os.environ.get("LD_LIBRARY_PATH")
    found = os.environ | {
        "LD_LIBRARY_PATH": f"{folder}:{others}" if others else str(folder),
        "MODULAR_NVPTX_COMPILER_PATH": str(folder / "ptxas"),
        "MODULAR_CACHE_DIR": str(kept / "modular"),
        "MAX_WHISPER_CACHE": str(kept / "graphs"),
        "MAX_WHISPER_TEST_NEEDS_GPU": "1",
    }
    if "EMULATOR_STRICT" in found:
        # MAX keeps no pool, so that each buffer is a piece of memory of its own.
        found["MODULAR_DEVICE_CONTEXT_MEMORY_MANAGER_SIZE_PERCENT"] = "0"
    return found


def main() -> None:
    command = sys.argv[1:]
    if not command:
        raise SystemExit("expected a command to run, found none")
    os.execvpe(command[0], command, environment())


if __name__ == "__main__":
    main()
