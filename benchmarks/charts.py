"""Charts for the documents, from `results/peers.json`. They need matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

OURS, THEIRS = "#c2410c", "#475569"


def draw(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """One chart for each case and beam, with the fastest on top."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for case in results["cases"]:
        for beam in sorted({row["beam"] for row in case["rows"]}):
            path = folder / chart_name(case, beam)
            rows = [row for row in case["rows"] if row["beam"] == beam]
            bars(rows, f"{case['name']}, beam {beam}", path)
            found.append(path)
    return found


def chart_name(case: Mapping[str, Any], beam: int) -> str:
    """The file of a case and a beam."""
    words = case["name"].replace(",", "").split()
    return f"peers-{'-'.join(words)}-beam{beam}.svg"


def bars(rows: list[Mapping[str, Any]], title: str, path: Path) -> None:
    """How many seconds of sound each takes in a second."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "max-whisper", "svg.fonttype": "none"}
    from matplotlib import pyplot

    rows = sorted(rows, key=lambda row: row["rtfx"])
    figure, axes = pyplot.subplots(figsize=(7, 0.6 + 0.32 * len(rows)))
    names = [row["contender"] for row in rows]
    colours = [OURS if name.startswith("ours") else THEIRS for name in names]
    drawn = axes.barh(names, [row["rtfx"] for row in rows], color=colours)
    axes.bar_label(drawn, fmt=" %.1f")
    axes.set_title(title)
    axes.set_xlabel("seconds of sound in a second, more is better")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
