"""Measure how far int8 is from float32: where both are made to say the true words, and
where each says what it hears.

    python -m tests.parity.int8 [--files N] [--json FILE]

Each token of an utterance is fed to both; compared are the best next token and the log
probability of the true one. If only one of the two has the true token among its
candidates, the other is given the log probability of its last one, which is the most it
can be. Then both transcribe, and their word error rates are compared. The exit code is
1 if a bound is missed. This needs no PyTorch.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import costs
from benchmarks.machine import describe
from max_whisper.engine.protocol import Candidates
from max_whisper.weights import load_checkpoint
from tests.parity.ours import Ours
from tests.parity.speech import MODEL, spoken

SAME_BEST = 0.98
"""The least share of tokens after which both think the same next token best."""

LOWER = 0.02
"""How much lower the mean log probability of the true token may be."""

MORE_ERRORS = 0.005
"""How much higher the word error rate may be."""


@dataclass
class Forced:
    """Over the true words: relative gaps of encoders, tokens, log probabilities."""

    encoder: list[float] = field(default_factory=list)
    tokens: int = 0
    same_best: int = 0
    gaps: list[float] = field(default_factory=list)

    def count(self, one: Candidates, other: Candidates, true: int) -> None:
        """What float32 and int8 think may come, where `true` is what does."""
        self.tokens += 1
        self.same_best += int(one.tokens[0, 0] == other.tokens[0, 0])
        if any(true in side.tokens[0] for side in (one, other)):
            self.gaps.append(logprob(other, true) - logprob(one, true))

    @property
    def share(self) -> float:
        return self.same_best / self.tokens

    @property
    def gain(self) -> float:
        """The mean change of the true token's log probability; below 0 it is less."""
        return float(np.mean(self.gaps))


@dataclass
class Free:
    """Without help: utterances, those with the same text, and errors in their words."""

    files: int = 0
    same_text: int = 0
    words: int = 0
    exact_errors: int = 0
    near_errors: int = 0

    def count(self, exact: str, near: str, true: str) -> None:
        said, *heard = (words_of(text) for text in (true, exact, near))
        errors = [int(costs(said, words)[-1, -1]) for words in heard]
        self.files += 1
        self.same_text += exact == near
        self.words += len(said)
        self.exact_errors += errors[0]
        self.near_errors += errors[1]

    @property
    def rates(self) -> tuple[float, float]:
        """Word error rates of float32 and int8."""
        return self.exact_errors / self.words, self.near_errors / self.words


def main() -> None:
    """Compare, print, and keep the figures."""
    asked = arguments()
    checkpoint = load_checkpoint(MODEL)
    exact, near = (Ours.load(checkpoint, dtype) for dtype in ("float32", "int8"))
    forced, free = Forced(), Free()
    for path, text in spoken(asked.files):
        compare(exact, near, path, text, forced)
        heard = [ours.transcribe(path, language="en") for ours in (exact, near)]
        free.count(heard[0]["text"], heard[1]["text"], text)
    show(forced, free)
    if asked.json:
        facts = {"machine": describe(), "forced": asdict(forced), "free": asdict(free)}
        asked.json.write_text(json.dumps(facts) + "\n")
    sys.exit(0 if holds(forced, free) else 1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.parity.int8")
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def compare(exact: Ours, near: Ours, path: Path, text: str, found: Forced) -> None:
    """One utterance, from its sound to its last token."""
    _, window = exact.first_window(path)
    tokenizer = exact.tokenizer
    start = tokenizer.sot_sequence("en", "transcribe")
    words = tokenizer.encode(" " + text)[:200]
    tokens = [*start, tokenizer.no_timestamps, *words]
    features = [ours.engine.encode(window) for ours in (exact, near)]
    states, others = (f.states.to_numpy() for f in features)
    found.encoder.append(
        float(np.linalg.norm(states - others) / np.linalg.norm(states))
    )
    steps = [
        ours.teacher_forced(heard, tokens)
        for ours, heard in zip((exact, near), features, strict=True)
    ]
    for one, other, true in zip(*steps, [*tokens[1:], tokenizer.eot], strict=True):
        found.count(one, other, true)


def words_of(text: str) -> list[str]:
    """Lower case, without punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower())


def logprob(candidates: Candidates, token: int) -> float:
    """That of `token`, or the most that it can be where it is not among them."""
    places = np.flatnonzero(candidates.tokens[0] == token)
    return float(candidates.logprobs[0, places[0] if places.size else -1])


def show(forced: Forced, free: Free) -> None:
    exact, near = free.rates
    rows: dict[str, Any] = {
        "tokens": forced.tokens,
        "same best token": f"{100 * forced.share:.2f} %",
        "true token's log probability": f"{forced.gain:+.4f} (mean)",
        "its distance": f"{np.abs(forced.gaps).mean():.4f} (mean)",
        "encoder, relative": f"{np.mean(forced.encoder):.4f} (mean)",
        "utterances, same text": f"{free.same_text} of {free.files}",
        "word errors, float32": f"{100 * exact:.2f} % of {free.words}",
        "word errors, int8": f"{100 * near:.2f} %",
    }
    for name, value in rows.items():
        print(f"{name:30}{value}")


def holds(forced: Forced, free: Free) -> bool:
    """Whether each bound is kept."""
    exact, near = free.rates
    return (
        forced.share >= SAME_BEST
        and forced.gain >= -LOWER
        and near <= exact + MORE_ERRORS
    )


if __name__ == "__main__":
    main()
