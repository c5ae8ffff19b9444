"""What is said in the sample, and when, as `sample.tsv` has it."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from max_whisper import demo


@dataclass(frozen=True)
class Said:
    """Times in seconds."""

    start: float
    end: float
    text: str


def sample_rows() -> list[Said]:
    with demo.SAID.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [Said(int(r["start"]) / 1000, int(r["end"]) / 1000, r["text"]) for r in rows]


def words(text: str) -> list[str]:
    """Lower case, without punctuation."""
    return re.findall(r"[\w']+", text.lower())


def sample_words() -> list[str]:
    return words(" ".join(row.text for row in sample_rows()))
