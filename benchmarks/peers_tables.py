"""The tables of `results/peers.json`: a title, a head and rows for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Row = tuple[str, ...]
Table = tuple[str, Row, list[Row]]

HEAD = (
    "engine",
    "seconds",
    "× real time",
    "× ours, float32",
    "× ours, int8",
    "tokens",
    "MB",
    "rounds",
)
WORDS = ("word errors", "of ours", "loops, lost")


def tables(results: dict[str, Any]) -> Iterator[Table]:
    """Every case and beam, then starts, then what is missing."""
    for case in results["cases"]:
        for beam in sorted({row["beam"] for row in case["rows"]}, reverse=True):
            yield race(case, beam)
    yield "Whole processes, seconds", *starting(results)
    yield "Not there, and why", *missing(results)


def short(results: dict[str, Any]) -> tuple[Row, list[Row]]:
    """The first case in a few columns: seconds of each engine, and by ours in int8."""
    case = results["cases"][0]
    beams = sorted({row["beam"] for row in case["rows"]}, reverse=True)
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for row in case["rows"]:
        found.setdefault(row["contender"], {})[row["beam"]] = row
    names = sorted(found, key=lambda name: min(map(_median, found[name].values())))
    head = ["engine"]
    for beam in beams:
        head += [f"{'beam ' + str(beam) if beam > 1 else 'greedy'}, s", "× ours, int8"]
    rows = []
    for name in names:
        cells = [name]
        for beam in beams:
            row = found[name].get(beam)
            told = (f"{_median(row):.1f}", times(row, "ours int8")) if row else ("", "")
            cells += told
        rows.append(tuple(cells))
    return tuple(head), rows


def _median(row: dict[str, Any]) -> float:
    seconds: float = row["seconds"]["median"]
    return seconds


def race(case: dict[str, Any], beam: int) -> Table:
    """One case at one beam, fastest first."""
    rows = [row for row in case["rows"] if row["beam"] == beam]
    rows.sort(key=lambda row: row["seconds"]["median"])
    judged = any("wer_all" in row for row in rows)
    title = f"**{case['name']}**: model {case['model']}, {case['audio_seconds']:.0f} s"
    title += f" of sound, beam {beam}"
    if case["tokens"]:
        title += f", {case['tokens']} tokens a window"
    head = (*HEAD, *WORDS) if judged else HEAD
    return title, head, [line(row, judged) for row in rows]


def line(row: dict[str, Any], judged: bool) -> Row:
    seconds = row["seconds"]
    cells = (
        row["contender"],
        f"{seconds['median']:.2f}",
        f"{row['rtfx']:.1f}",
        times(row, "ours float32"),
        times(row, "ours int8"),
        str(row["tokens"]),
        f"{row['peak_mb']:.0f}" if row["peak_mb"] else "",
        str(seconds["rounds"]),
    )
    if not judged:
        return cells
    own = next(iter(row["against"].values()), {})
    errors, ours = own.get("wer", row.get("wer_all")), own.get("wer_ours")
    return (
        *cells,
        percent(errors),
        percent(ours),
        f"{row['looping']}, {row['lost']} of {row['utterances']}",
    )


def times(row: dict[str, Any], ours: str) -> str:
    found = row["against"].get(ours, {}).get("median")
    return f"{found:.2f}" if found else ""


def percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def starting(results: dict[str, Any]) -> tuple[Row, list[Row]]:
    head = ("engine", "first run", "later runs", "of these, until the model is loaded")
    rows = [
        (
            row["contender"],
            f"{row['first']:.1f}",
            f"{row['later_seconds']['median']:.2f}" if "later_seconds" in row else "",
            f"{row['later_ready']['median']:.2f}" if "later_ready" in row else "",
        )
        for row in results["starts"]
    ]
    return head, rows


def missing(results: dict[str, Any]) -> tuple[Row, list[Row]]:
    """Reasons, each once for all the cases that it holds for."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for entry in results["missing"]:
        key = entry["contender"], entry["reason"]
        reasons.setdefault(key, []).append(entry["case"])
    rows = [
        (who, "; ".join(dict.fromkeys(cases)), why.replace("|", "/").replace("\n", " "))
        for (who, why), cases in reasons.items()
    ]
    return ("engine", "cases", "reason"), rows
