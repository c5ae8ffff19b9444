"""Texts as words that can be compared, by the normaliser of the Whisper paper.

It runs in an environment of its own: a list of texts in JSON comes in by standard
input, and a list of lists of words goes out.
"""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.peers.environments import ROOT, python


def words(texts: list[str]) -> list[list[str]]:
    """The words of each text. Raises `Missing` without the environment."""
    done = subprocess.run(
        [str(python("words")), "-W", "ignore", "-m", "benchmarks.peers.words"],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    found: list[list[str]] = json.loads(done.stdout)
    return found


def main() -> None:
    from whisper_normalizer.english import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    texts = json.load(sys.stdin)
    json.dump([normalise(text).split() for text in texts], sys.stdout)


if __name__ == "__main__":
    main()
