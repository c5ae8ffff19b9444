"""Ours on a GPU against PyTorch on the same one, with random weights.

    python -m benchmarks.gpu [--device gpu] [--shapes NAME …] [--batch N] [--tokens N]

Windows of 30 s, greedy, a fixed number of tokens: ours and transformers side by side in
one batch, openai-whisper one window at a time. Each is a process of its own, and one
that is not installed is listed with the reason. `--device cpu` tries the script itself.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.gpu_runs import ENGINES, encoder_operations
from benchmarks.machine import describe
from benchmarks.shapes import SHAPES

RESULT = Path(__file__).parent / "results" / "gpu.json"
SIZES = ("device", "dtype", "batch", "tokens", "rounds")


def main() -> None:
    asked = arguments()
    rows = []
    for shape in asked.shapes:
        for engine in ENGINES:
            rows.append({"shape": shape, "engine": engine, **run(engine, shape, asked)})
            print(json.dumps(rows[-1]), flush=True)
    result = {"machine": describe(), "rows": rows}
    result |= {name: getattr(asked, name) for name in SIZES}
    asked.json.write_text(json.dumps(result, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("--device", default="gpu")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument(
        "--shapes", nargs="+", choices=SHAPES, default=["turbo", "large-v3"]
    )
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=RESULT)
    return parser.parse_args()


def run(engine: str, shape: str, asked: argparse.Namespace) -> dict[str, Any]:
    """What a process of its own measures, or why it measures nothing."""
    command = [sys.executable, "-m", "benchmarks.gpu_runs", engine, shape]
    command += [str(getattr(asked, name)) for name in SIZES]
    # MAX sets PYTHONEXECUTABLE behind Python's back, which a child must not see.
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ}
    )
    if done.returncode:
        return {"missing": (done.stderr.strip().splitlines() or ["no reason"])[-1]}
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    encode, whole = (statistics.median(found[name]) for name in ("encode", "whole"))
    windows = 1 if engine == "openai-whisper" else asked.batch
    return {
        "windows": windows,
        "seconds": whole,
        "seconds_a_window": whole / windows,
        "tokens_a_second": windows * asked.tokens / max(whole - encode, 1e-9),
        "encoder_tflops": windows * encoder_operations(shape) / encode / 1e12,
    }


if __name__ == "__main__":
    main()
