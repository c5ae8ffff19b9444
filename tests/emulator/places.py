"""Where a warp has what a kernel's instructions name.

A register has a place in a warp's memory, for its 32 lanes; so have constants, and what
a thread knows of itself (`%tid.x`), which are given before the first instruction.
"""

from __future__ import annotations

import re

from tests.emulator.ptx import Kernel

LANES = 32

_ADDRESS = re.compile(r"\[([%\w$]+)(?:\+(-?\d+))?\]")
_FLOAT = re.compile(r"0[fF]([0-9A-Fa-f]{8})")
_OWN = re.compile(r"%((?:tid|ntid|ctaid|nctaid)\.[xyz]|laneid)")


class Places:
    """Of one kernel; a place is made when it is first asked for."""

    def __init__(self, kernel: Kernel) -> None:
        self.given: list[str] = []
        """What is there before the first instruction, as `read_kernels` reads it."""
        self.end = 0
        """The bytes of all."""
        self._kernel = kernel
        self._places: dict[tuple[str, int], int] = {}

    def place(self, operand: str, bits: int) -> int:
        """Where the 32 values of a register or a constant are."""
        kernel = self._kernel
        if operand in kernel.registers:
            if kernel.registers[operand] != bits:
                raise ValueError(f"expected {bits} bits, found {operand}")
            return self._room(operand, bits)
        if operand == "_":  # for what nobody reads
            return self._room(operand, bits)
        if match := _OWN.fullmatch(operand):
            return self._gift(operand, bits, match[1], 0)
        if operand == kernel.local and operand:
            return self._gift(operand, bits, "local", kernel.local_size)
        return self._gift(operand, bits, "constant", self._value(operand, bits))

    def address(self, operand: str) -> list[int]:
        """A place, whether it has 64 bits, and what is added."""
        match = _ADDRESS.fullmatch(operand)
        if not match:
            raise ValueError(f"expected an address, found {operand}")
        bits = self._kernel.registers.get(match[1], 32)
        return [self.place(match[1], bits), int(bits == 64), int(match[2] or 0)]

    def bits(self, operand: str, otherwise: int) -> int:
        """Of a register; of a constant as said."""
        return self._kernel.registers.get(operand, otherwise)

    def label(self, operand: str) -> int:
        """The step where it is."""
        return self._kernel.labels[operand]

    def _room(self, name: str, bits: int) -> int:
        key = (name, bits)
        if key not in self._places:
            size = 4 if bits == 1 else LANES * bits // 8
            at = -(-self.end // size) * size
            self._places[key], self.end = at, at + size
        return self._places[key]

    def _gift(self, name: str, bits: int, what: str, value: int) -> int:
        new = (name, bits) not in self._places
        at = self._room(name, bits)
        if new:
            self.given.append(f"given {at} {bits} {what} {value}")
        return at

    def _value(self, operand: str, bits: int) -> int:
        kernel = self._kernel
        if match := _FLOAT.fullmatch(operand):
            return int(match[1], 16)
        if operand in kernel.shared:
            return kernel.shared[operand]
        if operand in kernel.parameters:
            return kernel.parameters[operand][0]
        if operand in kernel.outside:
            return 0
        try:
            return int(operand, 0) & ((1 << max(bits, 16)) - 1)
        except ValueError:
            raise ValueError(f"expected a known operand, found {operand}") from None
