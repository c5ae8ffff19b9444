"""Tables of what a GPU does, and of what was compiled for one: heads and rows."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

Row = tuple[str, ...]


def speed(results: dict[str, Any]) -> tuple[Row, list[Row]]:
    """Ours on a GPU beside PyTorch on it; what is missing with its reason."""
    found = [row for row in results["rows"] if row["engine"] == "ours"]
    ours = {row["shape"]: row.get("seconds_a_window") for row in found}

    def cells(row: dict[str, Any]) -> Row:
        seconds = row["seconds_a_window"]
        own = ours.get(row["shape"])
        numbers = f"{seconds:.3f}", f"{seconds / own:.2f}" if own else ""
        encoder = f"{row['encoder_tflops']:.0f}"
        steps = f"{row['tokens_a_second']:.0f}", f"{row['step_tb_s']:.2f}"
        return str(row["windows"]), *numbers, encoder, *steps

    rows = [
        (row["shape"], row["engine"])
        + ((row["missing"], *[""] * 5) if "missing" in row else cells(row))
        for row in results["rows"]
    ]
    head = ("shape", "engine", "windows", "s a window", "× ours")
    return (*head, "encoder TFLOP/s", "tokens/s", "steps TB/s"), rows


def card(results: dict[str, Any]) -> str:
    """What the card can do, in words; nothing if it was not measured."""
    found = results.get("card", {})
    if "card" not in found:
        return ""
    return (
        f"\nThe card, {found['card']}, by PyTorch: {found['tflops']:.0f} TFLOP/s in a "
        f"product of 8,192³ in bfloat16, {found['tb_s']:.2f} TB/s in a copy.\n"
    )


def compiled(results: dict[str, Any]) -> tuple[Row, list[Row]]:
    """Seconds that each part took, by size, architecture and precision; empty if it
    was not compiled."""
    took: dict[Row, dict[str, str]] = defaultdict(dict)
    for row in results["rows"]:
        place = row["size"], row["arch"], row["dtype"]
        took[place][row["part"]] = f"{row['seconds']:.0f}"
    parts = ("log_mel", "encode", "decoder")
    rows = [
        (*place, *(found.get(part, "") for part in parts))
        for place, found in took.items()
    ]
    return ("size", "for", "precision", *parts), rows
