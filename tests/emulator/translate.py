"""PTX to the orders that `kernel.cpp` reads: `ptxas` of the GPU that is a CPU.

    python -m tests.emulator.translate IN.ptx -o OUT …

MAX calls it as it would call NVIDIA's.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.emulator.instructions import translated
from tests.emulator.places import Places
from tests.emulator.ptx import Kernel, read_ptx

TOGETHER = {"shfl", "ldmatrix", "mma", "bar"}
"""What all lanes of a warp do at once."""
ENDS = {"bra", "exit", "bar", "trap"}
"""After which lanes may be at different places."""

MOST_SHARED = 49152
"""Bytes that a kernel may have by itself; a launch may add some."""


def translate(kernel: Kernel) -> str:
    """As `read_kernels` reads it."""
    places = Places(kernel)
    steps = [_step(kernel, places, i) for i in range(len(kernel.instructions))]
    steps.append("step exit - e")
    if kernel.shared_size > MOST_SHARED:
        raise ValueError(
            f"expected less shared memory, found {kernel.shared_size} bytes"
        )
    sizes = (kernel.shared_size, kernel.local_size, places.end)
    head = " ".join(map(str, (kernel.name, kernel.most_threads, *sizes)))
    parameters = [f"parameter {at} {size}" for at, size in kernel.parameters.values()]
    return "\n".join([f"kernel {head}", *parameters, *places.given, *steps]) + "\n"


def _step(kernel: Kernel, places: Places, number: int) -> str:
    instruction = kernel.instructions[number]
    name, operands = translated(places, instruction)
    flags = "-"
    if instruction.guard.startswith("!"):
        flags += "!"
    if name in ENDS or _begins(kernel, number + 1):
        flags += "e"
    if instruction.name in TOGETHER:
        flags += "t"
    guard = instruction.guard.lstrip("!")
    of = str(places.place(guard, 1)) if guard else "-"
    return " ".join(["step", name, of, flags, *map(str, operands)])


def _begins(kernel: Kernel, number: int) -> bool:
    """Whether lanes that parted may meet before this instruction."""
    if number in kernel.labels.values():
        return True
    found = kernel.instructions[number : number + 1]
    return any(instruction.name in TOGETHER for instruction in found)


def main() -> None:
    source, flag, target, *_ = sys.argv[1:]
    if flag != "-o":
        raise SystemExit(f"expected IN -o OUT, found {sys.argv[1:]}")
    kernels = read_ptx(Path(source).read_text())
    Path(target).write_text("".join(translate(kernel) for kernel in kernels))


if __name__ == "__main__":
    main()
