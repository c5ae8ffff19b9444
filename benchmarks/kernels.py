"""Every kernel alone, beside what the machine can do at most.

    python -m benchmarks.kernels [--model MODEL] [--rounds N]

First the machine: products of registers and bytes read (`peaks.mojo`). Then each
operation of one window and of one token step, at the sizes of a model, in a graph of
its own, in float32 and in int8; what a graph costs that does nothing is measured beside
them and taken off. Weights are read from memory, not from a cache: there are as many
copies of a matrix as fill 64 MB, and calls go round them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from itertools import cycle
from pathlib import Path
from typing import Any

from max.driver import CPU, Buffer
from max.dtype import DType
from max.engine import InferenceSession, Model
from max.graph import BufferType, Graph, Module

from benchmarks.audio import SPEECH
from benchmarks.kernel_rows import Kernel, kernels_of
from benchmarks.machine import describe
from max_whisper.config import WhisperConfig
from max_whisper.kernels.int8_ops import Int8Ops
from max_whisper.kernels.mojo_ops import KERNELS, MojoOps
from max_whisper.kernels.ops import Ops
from max_whisper.weights import load_checkpoint

RESULT = Path(__file__).parent / "results" / "kernels.json"
MODEL = SPEECH.parent / "models" / "whisper-tiny.en-relearned"
PEAKS = Path(__file__).parent / "peaks.mojo"
SETS: dict[str, Ops] = {"float32": MojoOps(DType.float16), "int8": Int8Ops()}
NOTHING = "nothing"
CACHES = 64 * 2**20
"""Bytes that no cache before memory holds."""

Copies = list[list[Buffer]]


def main() -> None:
    asked = arguments()
    config = load_checkpoint(asked.model).config
    result = {"machine": describe(), "model": Path(asked.model).name, "peaks": peaks()}
    print(json.dumps(result["peaks"]), flush=True)
    result["rows"] = measure(config, asked.rounds)
    for row in result["rows"]:
        print(json.dumps(row))
    asked.json.write_text(json.dumps(result, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels")
    parser.add_argument("--model", default=str(MODEL))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, default=RESULT)
    return parser.parse_args()


def peaks() -> dict[str, float]:
    """What `peaks.mojo` measures."""
    mojo = Path(sys.executable).with_name("mojo")
    command = [str(mojo), "run", "-I", str(KERNELS.parent), str(PEAKS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(config: WhisperConfig, rounds: int) -> list[dict[str, Any]]:
    """Milliseconds of every kernel, in interleaved rounds."""
    kernels = [
        kernel for name, ops in SETS.items() for kernel in kernels_of(config, name, ops)
    ]
    models = compiled(kernels)
    copies = {kernel.key: several(kernel) for kernel in kernels}
    seconds: dict[str, list[float]] = defaultdict(list)
    idle: list[float] = []
    for _ in range(rounds):
        idle.append(seconds_of(models[NOTHING], [[]]))
        for kernel in kernels:
            key = kernel.key
            seconds[key].append(seconds_of(models[key], copies[key]))
    nothing = statistics.median(idle)
    return [row(kernel, seconds[kernel.key], nothing) for kernel in kernels]


def compiled(kernels: list[Kernel]) -> dict[str, Model]:
    """A graph for each kernel, and one that does nothing, in one module."""
    module = Module()
    for kernel in kernels:
        with Graph(
            kernel.key,
            input_types=kernel.types,
            module=module,
            custom_extensions=kernel.ops.extensions,
        ) as graph:
            found = kernel.build(*map(graph_value, graph.inputs))
            graph.output(*(found if isinstance(found, list) else [found]))
    with Graph(NOTHING, input_types=[], module=module) as graph:
        graph.output()
    session = InferenceSession([CPU()])
    extensions = MojoOps().extensions
    models: dict[str, Model] = session.init_all(
        session.compile(module, custom_extensions=extensions)
    )
    return models


def graph_value(value: Any) -> Any:
    """An input as the kind of value that it is."""
    return value.buffer if isinstance(value.type, BufferType) else value.tensor


def several(kernel: Kernel) -> Copies:
    """As many sets of inputs as fill the caches, at most 100."""
    found = [kernel.inputs()]
    size = sum(buffer.num_elements * buffer.dtype.size_in_bytes for buffer in found[0])
    while len(found) < min(100, CACHES // max(size, 1)):
        found.append(kernel.inputs())
    return found


def seconds_of(model: Model, copies: Copies) -> float:
    """The mean of a few calls, after one that does not count."""
    turns = cycle(copies)
    model.execute(*next(turns))
    count, begin, now = 0, time.perf_counter(), 0.0
    while now < 0.02 or count < 3:
        model.execute(*next(turns))
        count += 1
        now = time.perf_counter() - begin
    return now / count


def row(kernel: Kernel, taken: list[float], nothing: float) -> dict[str, Any]:
    seconds = max(statistics.median(taken) - nothing, 1e-9)
    return {
        "dtype": kernel.dtype,
        "stage": kernel.stage,
        "kernel": kernel.name,
        "milliseconds": 1000 * seconds,
        "gops": kernel.operations / seconds / 1e9,
        "gb_s": kernel.bytes / seconds / 1e9,
    }


if __name__ == "__main__":
    main()
