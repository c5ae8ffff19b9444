"""What we aim at against other engines, beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aim:
    """Ours at a precision, against an engine in a case; the better of sequential and
    batched counts, on both sides.
    """

    case: str
    precision: str
    beams: tuple[int, ...]
    peer: str
    times: float


AIMS = (
    Aim("librispeech", "int8", (5,), "openai-whisper float32", 20),
    Aim("librispeech", "int8", (1,), "openai-whisper float32", 10),
    Aim("librispeech", "int8", (5, 1), "faster-whisper int8", 4),
    Aim("librispeech", "int8", (5, 1), "whisper.cpp", 4),
    Aim("librispeech", "int8", (5, 1), "openvino int8", 3),
    Aim("base", "int8", (5, 1), "faster-whisper int8", 2.5),
    Aim("small", "int8", (5, 1), "faster-whisper int8", 2.5),
    Aim("librispeech", "float32", (5, 1), "faster-whisper float32", 2),
)


def table(results: dict[str, Any]) -> tuple[Row, list[Row]]:
    head = ("ours", "against", "case", "times as fast", "aimed at")
    return head, [line for aim in AIMS for line in lines(aim, results)]


def lines(aim: Aim, results: dict[str, Any]) -> Iterator[Row]:
    """One for each beam that both have run."""
    for beam in aim.beams:
        found = ratio(aim, beam, results)
        if found:
            ours = f"{aim.precision}, {f'beam {beam}' if beam > 1 else 'greedy'}"
            measured = f"{found:.2f}{'' if found >= aim.times else ' (missed)'}"
            yield ours, aim.peer, aim.case, measured, f"{aim.times:g}"


def ratio(aim: Aim, beam: int, results: dict[str, Any]) -> float | None:
    """The median of rounds, of ours at its best against the peer at its best."""
    rows = [
        row
        for case in results["cases"]
        if case["name"] == aim.case
        for row in case["rows"]
        if row["beam"] == beam
    ]
    ours, theirs = best(rows, f"ours {aim.precision}"), best(rows, aim.peer)
    if ours is None or theirs is None:
        return None
    found: float = theirs["against"][ours["contender"]]["median"]
    return found


def best(rows: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """The fastest of those whose name begins so."""
    named = [row for row in rows if row["contender"].startswith(name)]
    return min(named, key=lambda row: row["seconds"]["median"], default=None)
