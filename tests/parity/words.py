"""Word times: ours beside openai-whisper's, and both beside what was measured.

    python -m tests.parity.words [--files N] [--long] [--json FILE]

Compared are utterances, the recordings whose words have true times, and with `--long`
the long files, which take many minutes.
The exit code is 1 if the bound is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from benchmarks.machine import describe
from max_whisper.weights import load_checkpoint
from tests.parity import reference
from tests.parity.ours import Ours
from tests.parity.speech import MODEL, ROOT, SPEECH, spoken

TRUE_TIMES = SPEECH / "words" / "leopard_test_data.json"
OPTIONS = {"language": "en", "word_timestamps": True}
FRAME = 0.02
BOUND = 0.99


@dataclass
class WordAgreement:
    """How many words have the same text and times within a frame, of how many.

    `probability` is the largest difference of a word's probability.
    """

    files: int = 0
    words: int = 0
    near: int = 0
    probability: float = 0.0

    def add(self, ours: Sequence[Any], theirs: Sequence[Any]) -> None:
        """Count the words of a file, in order; a missing word is not near."""
        self.files += 1
        self.words += max(len(ours), len(theirs))
        for mine, other in zip(ours, theirs, strict=False):
            if mine["word"] != other["word"]:
                continue
            apart = max(abs(mine[key] - other[key]) for key in ("start", "end"))
            self.near += bool(apart <= FRAME + 1e-6)
            gap = abs(mine["probability"] - other["probability"])
            self.probability = max(self.probability, float(gap))


def main() -> None:
    """Both comparisons, into a JSON file."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.words")
    parser.add_argument("--files", type=int, default=60, help="utterances to compare")
    parser.add_argument("--long", action="store_true", help="the long files too")
    where = ROOT / "benchmarks" / "results" / "words.json"
    parser.add_argument("--json", type=Path, default=where)
    asked = parser.parse_args()
    checkpoint = load_checkpoint(MODEL)
    ours = Ours.load(checkpoint)
    theirs = reference.load_reference(checkpoint)
    found = WordAgreement()
    errors: dict[str, list[float]] = {"ours": [], "openai-whisper": []}
    truth = dict(true_times())
    files = [path for path, _ in spoken(asked.files)]
    files += [*truth, *(sorted((SPEECH / "long").iterdir()) if asked.long else [])]
    for path in track(files, "words"):
        mine = words(ours.transcribe(path, **OPTIONS))
        other = words(reference.transcribe(theirs, path, **OPTIONS))
        found.add(mine, other)
        if path in truth:
            errors["ours"] += time_errors(mine, truth[path])
            errors["openai-whisper"] += time_errors(other, truth[path])
    figures = {
        "machine": describe(),
        "agreement": asdict(found),
        "true_times": {whose: summary(gaps) for whose, gaps in errors.items()},
    }
    asked.json.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    sys.exit(0 if found.near >= BOUND * found.words else 1)


def words(transcript: dict[str, Any]) -> list[dict[str, Any]]:
    """All words of a transcript in openai-whisper's form."""
    return [word for segment in transcript["segments"] for word in segment["words"]]


def true_times() -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """Recordings with their words as they were measured: text, start and end."""
    for test in json.loads(TRUE_TIMES.read_text())["tests"]["language_tests"]:
        path = TRUE_TIMES.parent / test["audio_file"]
        if test["language"] == "en" and path.exists():
            yield path, test["words"]


def time_errors(
    found: Sequence[dict[str, Any]], expected: Sequence[dict[str, Any]]
) -> list[float]:
    """Seconds by which starts and ends are off, of the words that were heard right."""
    mine = [_plain(word["word"]) for word in found]
    true = [_plain(word["word"]) for word in expected]
    blocks = SequenceMatcher(None, mine, true, autojunk=False).get_matching_blocks()
    return [
        abs(found[block.a + i][mine_key] - expected[block.b + i][true_key])
        for block in blocks
        for i in range(block.size)
        for mine_key, true_key in (("start", "start_sec"), ("end", "end_sec"))
    ]


def summary(gaps: Sequence[float]) -> dict[str, float]:
    """The median, and how many are small."""
    seconds = np.array(gaps)
    return {
        "times": len(gaps),
        "median_seconds": float(np.median(seconds)),
        "mean_seconds": float(seconds.mean()),
        "within_0.1_s": float((seconds <= 0.1).mean()),
        "within_0.2_s": float((seconds <= 0.2).mean()),
    }


def _plain(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalnum())


if __name__ == "__main__":
    main()
