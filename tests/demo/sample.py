"""What is said in the sample and in a longer one, and when."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from max_whisper import demo

LONG = Path(__file__).parent / "long.flac"
"""44 s, more than a window; no string of digits comes twice."""


@dataclass(frozen=True)
class Said:
    """Times in seconds."""

    start: float
    end: float
    text: str


def sample_rows(said: Path = demo.SAID) -> list[Said]:
    with said.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [Said(int(r["start"]) / 1000, int(r["end"]) / 1000, r["text"]) for r in rows]


def words(text: str) -> list[str]:
    """Lower case, without punctuation."""
    return re.findall(r"[\w']+", text.lower())


def sample_words() -> list[str]:
    return words(" ".join(row.text for row in sample_rows()))


def long_words() -> list[str]:
    rows = sample_rows(LONG.with_suffix(".tsv"))
    return words(" ".join(row.text for row in rows))
