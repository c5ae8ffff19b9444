"""Every kernel alone, beside what the machine can do at most.

    python -m benchmarks.kernels [--model MODEL] [--rounds N]

First the machine: products of registers and bytes read (`peaks.mojo`). Then each
operation of one window and of one token step, at the sizes of a model, in a graph of
its own, in float32 and in int8; then all of them together, in the engine. A graph of a
step does its operation several times in a row, each time on other weights, as one layer
follows another; before it is called the caches are filled with something else, so that
weights come from memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from max.driver import CPU, Buffer
from max.dtype import DType
from max.engine import InferenceSession, Model
from max.graph import BufferType, Graph, Module

from benchmarks.audio import SPEECH
from benchmarks.kernel_rows import STEP, Kernel, kernels_of
from benchmarks.machine import describe
from benchmarks.wholes import row, wholes
from max_whisper.config import WhisperConfig
from max_whisper.kernels.int8_ops import Int8Ops
from max_whisper.kernels.mojo_ops import MojoOps
from max_whisper.kernels.package import KERNELS
from max_whisper.weights import load_checkpoint

RESULT = Path(__file__).parent / "results" / "kernels.json"
MODEL = SPEECH.parent / "models" / "whisper-tiny.en-relearned"
PEAKS = Path(__file__).parent / "peaks.mojo"
SETS: dict[str, MojoOps] = {"float32": MojoOps(DType.float16), "int8": Int8Ops()}
SOMETHING_ELSE = np.ones(2**24, np.float32)
"""64 MB: more than any cache before memory holds."""


def main() -> None:
    asked = arguments()
    checkpoint = load_checkpoint(asked.model)
    result = {"machine": describe(), "model": Path(asked.model).name, "peaks": peaks()}
    print(json.dumps(result["peaks"]), flush=True)
    result["rows"] = measure(checkpoint.config, asked.rounds)
    result["rows"] += wholes(checkpoint, asked.rounds)
    for found in result["rows"]:
        print(json.dumps(found))
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
    inputs = {kernel.key: kernel.inputs() for kernel in kernels}
    seconds: dict[str, list[float]] = defaultdict(list)
    for round_ in range(rounds + 1):
        for kernel in kernels:
            if kernel.stage == STEP:
                SOMETHING_ELSE.sum()
            taken = seconds_of(models[kernel.key], inputs[kernel.key])
            if round_:  # the first one warms up
                seconds[kernel.key].append(taken / kernel.times)
    return [
        row(
            (kernel.dtype, kernel.stage, kernel.name),
            seconds[kernel.key],
            operations=kernel.operations,
            size=kernel.bytes,
        )
        for kernel in kernels
    ]


def compiled(kernels: list[Kernel]) -> dict[str, Model]:
    """A graph for each kernel, in one module."""
    module = Module()
    for kernel in kernels:
        add(kernel, module)
    session = InferenceSession([CPU()])
    extensions = MojoOps().extensions
    found = session.compile(module, custom_extensions=extensions)
    models: dict[str, Model] = session.init_all(found)
    return models


def add(kernel: Kernel, module: Module) -> None:
    """A graph that does an operation so many times, each on inputs of its own."""
    extensions = kernel.ops.extensions
    types = kernel.types * kernel.times
    with Graph(
        kernel.key, input_types=types, module=module, custom_extensions=extensions
    ) as graph:
        values = [graph_value(value) for value in graph.inputs]
        size = len(kernel.types)
        found = []
        for first in range(0, len(values), size):
            made = kernel.build(*values[first : first + size])
            found += made if isinstance(made, list) else [made]
        graph.output(*found)


def graph_value(value: Any) -> Any:
    """An input as the kind of value that it is."""
    return value.buffer if isinstance(value.type, BufferType) else value.tensor


def seconds_of(model: Model, inputs: list[Buffer]) -> float:
    """One call."""
    begin = time.perf_counter()
    model.execute(*inputs)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
