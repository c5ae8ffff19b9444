"""Ours on a GPU against other engines on the same one, with random weights.

    python -m benchmarks.gpu [--device gpu] [--shapes NAME …] [--batch N] [--tokens N]

Windows of 30 s, greedy, a fixed number of tokens: ours, transformers and CTranslate2
(the engine of faster-whisper) side by side in one batch, openai-whisper one window at a
time; and what the card can do at most, by PyTorch. Each has a process, and one
that is not installed is listed with the reason. `--engines` measures some, and what was
measured of the others stays. `--device cpu` tries the script itself. The exit code is 1
if ours was to be measured and could not.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.gpu_runs import ENGINES, LIMITS, encoder_operations, step_values
from benchmarks.machine import commit, describe
from benchmarks.shapes import SHAPES

RESULT = Path(__file__).parent / "results" / "gpu.json"
SIZES = ("device", "dtype", "batch", "tokens", "rounds")
OURS = "ours"


def main() -> None:
    asked = arguments()
    sizes = {name: getattr(asked, name) for name in SIZES}
    found = kept(asked.json, sizes) | {"machine": describe(), **sizes}
    if LIMITS in asked.engines:
        found["card"] = measure(LIMITS, asked.shapes[0], asked)
        save(found, asked.json)
    engines = [engine for engine in asked.engines if engine in ENGINES]
    for shape, engine in product(asked.shapes, engines):
        row = {"shape": shape, "engine": engine, "commit": commit()}
        row |= run(engine, shape, asked)
        print(json.dumps(row), flush=True)
        others = [other for other in found["rows"] if place(other) != place(row)]
        found["rows"] = sorted([*others, row], key=place)
        save(found, asked.json)
    measured = product(asked.shapes, engines)
    missing = [row for row in found["rows"] if "missing" in row]
    lacks = {(row["shape"], OURS) for row in missing if row["engine"] == OURS}
    sys.exit(1 if lacks & {*measured} else 0)


def save(found: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(found, indent=1) + "\n")


def kept(path: Path, sizes: dict[str, Any]) -> dict[str, Any]:
    """What was measured before with the same sizes."""
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    same = all(found.get(name) == value for name, value in sizes.items())
    return found if same else {"card": {}, "rows": []}


def place(row: dict[str, Any]) -> tuple[int, int]:
    """Where a row stands in the table."""
    return [*SHAPES].index(row["shape"]), [*ENGINES].index(row["engine"])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("--device", default="gpu")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument(
        "--shapes", nargs="+", choices=SHAPES, default=["turbo", "large-v3"]
    )
    parser.add_argument(
        "--engines", nargs="+", choices=(LIMITS, *ENGINES), default=(LIMITS, *ENGINES)
    )
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=RESULT)
    return parser.parse_args()


def measure(engine: str, shape: str, asked: argparse.Namespace) -> dict[str, Any]:
    """What a process of its own prints at last, or why it prints nothing."""
    command = [sys.executable, "-m", "benchmarks.gpu_runs", engine, shape]
    command += [str(getattr(asked, name)) for name in SIZES]
    # MAX sets PYTHONEXECUTABLE behind Python's back, which a child must not see.
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ}
    )
    if done.returncode < 0:
        return {"missing": f"killed by signal {-done.returncode}"}
    if done.returncode:
        return {"missing": (done.stderr.strip().splitlines() or ["no reason"])[-1]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def run(engine: str, shape: str, asked: argparse.Namespace) -> dict[str, Any]:
    """The speeds of an engine, or why there are none."""
    found = measure(engine, shape, asked)
    if "missing" in found:
        return found
    encode, whole = (statistics.median(found[name]) for name in ("encode", "whole"))
    windows = 1 if engine == "openai-whisper" else asked.batch
    # Mostly two bytes a number; a prompt of a token or a few is one step more.
    step = 2 * step_values(shape, windows, asked.tokens // 2)
    steps = max(whole - encode, 1e-9)
    return {
        "windows": windows,
        "seconds": whole,
        "seconds_a_window": whole / windows,
        "tokens_a_second": windows * asked.tokens / steps,
        "step_tb_s": step * asked.tokens / steps / 1e12,
        "encoder_tflops": windows * encoder_operations(shape) / encode / 1e12,
    }


if __name__ == "__main__":
    main()
