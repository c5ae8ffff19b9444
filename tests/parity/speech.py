"""The recordings that parity is measured on: all English ones, and the long files."""

from __future__ import annotations

import csv
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEECH = ROOT.parent / "shared" / "speech"
MODEL = ROOT.parent / "shared" / "models" / "whisper-tiny.en-relearned"


def english_files() -> list[str]:
    """Paths below `SPEECH`; single words of the digits come last."""
    rows = [row for row in _manifest() if row["language"] == "en"]
    files = [row["path"] for row in rows]
    files += sorted(f"long/{path.name}" for path in (SPEECH / "long").iterdir())
    return sorted(files, key=lambda file: file.startswith("digits/"))


def spoken(count: int) -> list[tuple[Path, str]]:
    """Some utterances of LibriSpeech, with their words as they are written there."""
    rows = [row for row in _manifest() if row["path"].startswith("librispeech/")]
    step = max(1, len(rows) // count)
    return [
        (SPEECH / row["path"], row["transcript"].capitalize()) for row in rows[::step]
    ][:count]


def _manifest() -> list[dict[str, str]]:
    with open(SPEECH / "manifest.tsv", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
