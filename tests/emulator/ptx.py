"""PTX, the assembly of NVIDIA's GPUs, as LLVM writes it: read into kernels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

BITS = {"pred": 1, "b8": 8, "u8": 8, "s8": 8, "b16": 16, "u16": 16, "s16": 16}
BITS |= {"f16": 16, "bf16": 16, "b32": 32, "u32": 32, "s32": 32, "f32": 32}
BITS |= {"f16x2": 32, "bf16x2": 32, "b64": 64, "u64": 64, "s64": 64}
"""Of each type."""

_COMMENT = re.compile(r"//[^\n]*")
_KERNEL = re.compile(
    r"\.visible \.entry ([\w$]+)\((.*?)\)([^{]*)\{(.*?)^\}", re.M | re.S
)
_MOST_THREADS = re.compile(r"\.maxntid (\d+)")
_PARAMETER = re.compile(
    r"\.param (?:\.align (\d+) )?\.(\w+)[^,]*? ([\w$]+)(?:\[(\d+)\])?$"
)
_ROOM = re.compile(r"\.(shared|local)\s+\.align (\d+) \.b8\s+([\w$]+)\[(\d*)\]")
_PIECE = re.compile(r"\s*(?:([{}])|([$\w]+):|([^;]*);)")
_OUTSIDE = re.compile(r"\.(?:global|func)\b.*?([\w$]+)\s*[\[(=;]", re.S)
_REGISTERS = re.compile(r"\.reg \.(\w+)\s+(%[a-zA-Z]+)(?:<(\d+)>)?")
_INSTRUCTION = re.compile(r"(?:@(!?%\w+)\s+)?([a-z][\w.:]*)\s*(.*)", re.S)


@dataclass(frozen=True)
class Instruction:
    """`@!%p1 setp.lt.s32 %p2, %r1, 5;`"""

    name: str
    modifiers: tuple[str, ...]
    operands: tuple[str, ...]
    guard: str = ""

    @property
    def type(self) -> str:
        """The last modifier."""
        return self.modifiers[-1]

    def __str__(self) -> str:
        opcode = ".".join((self.name, *self.modifiers))
        return f"{opcode} {', '.join(self.operands)}"


@dataclass
class Kernel:
    """Places are bytes from the beginning of parameters, or of shared memory."""

    name: str
    parameters: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Place and size."""
    registers: dict[str, int] = field(default_factory=dict)
    """Bits of each."""
    shared: dict[str, int] = field(default_factory=dict)
    shared_size: int = 0
    local: str = ""
    """The one variable of a thread's own that LLVM makes."""
    local_size: int = 0
    most_threads: int = 1024
    """In a block."""
    outside: frozenset[str] = frozenset()
    """Names of the module: only messages that a failed assertion would print."""
    instructions: list[Instruction] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    """The number of the instruction that follows."""


def read_ptx(text: str) -> list[Kernel]:
    """The kernels of a module; what else is in it is left out."""
    text = _COMMENT.sub("", text)
    found = list(_KERNEL.finditer(text))
    outside = _KERNEL.sub("", text)
    return [_kernel(match, outside) for match in found]


def split(operands: str) -> tuple[str, ...]:
    """At commas that are in no brackets."""
    parts = re.findall(r"(?:[^,\[\]{}()]|\[[^\]]*\]|\{[^}]*\}|\([^)]*\))+", operands)
    return tuple(part.strip() for part in parts if part.strip())


def _kernel(match: re.Match[str], outside: str) -> Kernel:
    name, parameters, hints, body = match.groups()
    kernel = Kernel(name, outside=frozenset(_OUTSIDE.findall(outside)))
    if most := _MOST_THREADS.search(hints):
        kernel.most_threads = int(most[1])
    _add_parameters(kernel, parameters)
    for line in _statements(body, kernel):
        if found := _REGISTERS.match(line):
            kind, register, count = found.groups()
            names = (
                [f"{register}{i}" for i in range(int(count))] if count else [register]
            )
            kernel.registers |= dict.fromkeys(names, BITS[kind])
        elif found := _ROOM.match(line):
            _add_room(kernel, *found.groups())
        elif not line.startswith((".param", ".pragma")):
            kernel.instructions.append(_instruction(line))
    # What a launch adds, which has no size here, comes after all that has one.
    rooms = [found.groups() for found in _ROOM.finditer(outside)]
    for kind, align, name, size in sorted(rooms, key=lambda room: not room[3]):
        if kind == "shared":
            _add_room(kernel, kind, align, name, size)
    return kernel


def _add_parameters(kernel: Kernel, declared: str) -> None:
    end = 0
    for line in split(declared):
        match = _PARAMETER.match(line)
        if not match:
            raise ValueError(f"expected a parameter, found {line!r}")
        align, kind, name, count = match.groups()
        size = BITS[kind] // 8 * int(count or 1)
        end = _aligned(end, int(align or size))
        kernel.parameters[name] = (end, size)
        end += size


def _add_room(kernel: Kernel, kind: str, align: str, name: str, size: str) -> None:
    if kind == "local":
        kernel.local, kernel.local_size = name, _aligned(int(size), 16)
        return
    # Without a size, it is what the launch adds.
    place = _aligned(kernel.shared_size, max(int(align), 0 if size else 128))
    kernel.shared[name] = place
    kernel.shared_size = place + int(size or 0)


def _aligned(place: int, to: int) -> int:
    return -(-place // to) * to


def _statements(body: str, kernel: Kernel) -> Iterator[str]:
    """What stands before each semicolon; labels are noted, brackets passed over."""
    at = 0
    while match := _PIECE.match(body, at):
        _, label, line = match.groups()
        if label:
            kernel.labels[label] = len(kernel.instructions)
        elif line:
            yield line.strip()
        at = match.end()
    if body[at:].strip():
        raise ValueError(f"expected a statement, found {body[at : at + 60]!r}")


def _instruction(line: str) -> Instruction:
    match = _INSTRUCTION.fullmatch(line)
    if not match:
        raise ValueError(f"expected an instruction, found {line!r}")
    guard, opcode, operands = match.groups()
    # Of `param::entry`, it is the kind of memory that matters.
    name, *modifiers = (part.split("::")[0] for part in opcode.split("."))
    return Instruction(name, tuple(modifiers), split(operands), guard or "")
