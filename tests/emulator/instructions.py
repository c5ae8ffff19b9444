"""A PTX instruction as a name in the table of `instructions.cpp`, with its operands:
places, or numbers that the step knows how to read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.emulator.places import Places
from tests.emulator.ptx import BITS, Instruction, split

UNSAID = {"approx", "ftz", "lo", "rn", "uni", "sync", "aligned", "nc", "to", "global"}
"""Modifiers that change nothing here: how exact, how fast, from where."""
SKIPPED = {"cp.async.commit_group", "cp.async.wait_all", "cp.async.wait_group"}
SKIPPED |= {"griddepcontrol.wait", "griddepcontrol.launch_dependents"}
"""Waits for what is done at once here."""


def translated(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """`ValueError` for what `instructions.cpp` cannot do."""
    opcode = ".".join((of.name, *of.modifiers))
    if opcode in SKIPPED or (of.name, *of.modifiers[:1]) == ("st", "param"):
        return "nothing", []
    return _SPECIAL.get(of.name, plain)(to, of)


def plain(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """All operands are of one type, which the name ends with; products may be wider."""
    bits = BITS.get(of.modifiers[-1] if of.modifiers else "")
    if bits is None:
        raise ValueError(f"expected a known instruction, found {of}")
    made, *given = of.operands
    first = to.place(made, 2 * bits if "wide" in of.modifiers else bits)
    return _said(of), [first, *(to.place(o, bits) for o in given)]


def _said(of: Instruction) -> str:
    return ".".join((of.name, *(m for m in of.modifiers if m not in UNSAID)))


def shift(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """How far has 32 bits."""
    d, a, far = of.operands
    bits = BITS[of.type]
    return f"{of.name}.{of.type}", [
        to.place(d, bits),
        to.place(a, bits),
        to.place(far, 32),
    ]


def compare(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """Equal bits are equal numbers."""
    made, *given = of.operands
    places = [to.place(made, 1), *(to.place(o, BITS[of.type]) for o in given)]
    return re.sub(r"\.b(\d+)$", r".u\1", _said(of)), places


def select(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """Of bits, whatever they mean."""
    *values, chooser = of.operands
    bits = BITS[of.type]
    places = [to.place(o, bits) for o in values]
    return f"selp.b{bits}", [*places, to.place(chooser, 1)]


def move(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """Of a value, or of two halves."""
    d, a = of.operands
    bits = BITS[of.type]
    if a.startswith("{"):
        halves = [to.place(o, bits // 2) for o in _halves(of, a)]
        return f"pack.b{bits}", [to.place(d, bits), *halves]
    if d.startswith("{"):
        halves = [to.place(o, bits // 2) for o in _halves(of, d)]
        return f"unpack.b{bits}", [*halves, to.place(a, bits)]
    kind = "pred" if bits == 1 else f"b{bits}"
    return f"mov.{kind}", [to.place(d, bits), to.place(a, bits)]


def _halves(of: Instruction, operand: str) -> tuple[str, ...]:
    found = split(operand[1:-1])
    if len(found) != 2:
        raise ValueError(f"expected two halves, found {of}")
    return found


def convert(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """From the last type to the one before."""
    *how, made, given = of.modifiers
    if {*how} - {"rn", "ftz"}:
        raise ValueError(f"expected rounding to the nearest, found {of}")
    d, *values = of.operands
    places = [to.place(o, BITS[given]) for o in values]
    return f"cvt.{made}.{given}", [to.place(d, BITS[made]), *places]


def transfer(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """`ld` and `st`: values of a type that may be narrower than their registers."""
    first, second = of.operands
    address, values = (second, first) if of.name == "ld" else (first, second)
    names = split(values[1:-1]) if values.startswith("{") else (values,)
    bits = BITS[of.type]
    held = max(to.bits(name, max(bits, 16)) for name in names)
    space = next(
        (f".{s}" for s in ("shared", "local", "param") if s in of.modifiers), ""
    )
    signed = ".s" if of.type.startswith("s") and held > bits else ""
    places = [to.place(name, held) for name in names]
    name = f"{of.name}{space}.{bits}.v{len(names)}{signed}.{held}"
    return name, [*to.address(address), *places]


def copy(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """`cp.async`, of sixteen bytes, or of fewer and zeros."""
    sink, source, size, *read = of.operands
    if size != "16":
        raise ValueError(f"expected 16 bytes, found {of}")
    count = to.place(read[0] if read else size, 32)
    return "cp.async", [*to.address(sink), *to.address(source), count]


def generic(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """`cvta`: an address of any memory from one of a kind of memory, or back."""
    places = [to.place(o, 64) for o in of.operands]
    kind = next(m for m in of.modifiers if m in ("global", "local", "param", "shared"))
    if kind != "global" and "to" in of.modifiers:
        raise ValueError(f"expected an address of global memory, found {of}")
    return f"cvta.{kind}", places


def shuffle(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """All lanes take part."""
    *operands, members = of.operands
    if members != "-1":
        raise ValueError(f"expected all lanes, found {of}")
    return f"shfl.{of.modifiers[1]}", [to.place(o, 32) for o in operands]


def matrices(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """`ldmatrix`, of four."""
    made, address = of.operands
    if "x4" not in of.modifiers:
        raise ValueError(f"expected four matrices, found {of}")
    name = "ldmatrix.trans" if "trans" in of.modifiers else "ldmatrix"
    return name, [*to.address(address), *(to.place(o, 32) for o in split(made[1:-1]))]


def product(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """`mma`, of halves, summed in float32."""
    if "m16n8k16" not in of.modifiers or of.type != "f32":
        raise ValueError(f"expected m16n8k16 in f32, found {of}")
    names = [o for operand in of.operands for o in split(operand[1:-1])]
    return f"mma.{of.modifiers[-2]}", [to.place(o, 32) for o in names]


def branch(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """To a label."""
    return "bra", [to.label(of.operands[0])]


def leave(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """The kernel is done for these lanes."""
    return "exit", []


def barrier(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """Of all threads of a block."""
    if of.operands != ("0",):
        raise ValueError(f"expected a barrier for all, found {of}")
    return "bar", []


def refuse(to: Places, of: Instruction) -> tuple[str, list[int]]:
    """Functions are called only to say that an assertion failed."""
    return "trap", []


Translate = Callable[[Places, Instruction], tuple[str, list[int]]]

_SPECIAL: dict[str, Translate] = {
    "shl": shift,
    "shr": shift,
    "setp": compare,
    "selp": select,
    "mov": move,
    "cvt": convert,
    "ld": transfer,
    "st": transfer,
    "cp": copy,
    "cvta": generic,
    "shfl": shuffle,
    "ldmatrix": matrices,
    "mma": product,
    "bra": branch,
    "ret": leave,
    "exit": leave,
    "bar": barrier,
    "trap": refuse,
    "call": refuse,
}
