"""Measure how far another precision, or device, is from float32 on the CPU: where both
are made to say the true words, and where each says what it hears.

    python -m tests.parity.precision [--dtype DTYPE] [--device DEVICE] [--files N]

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
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import accuracy
from benchmarks.machine import describe
from max_whisper.engine.buffers import as_float32
from max_whisper.engine.protocol import Candidates
from max_whisper.weights import load_checkpoint
from tests.parity.ours import Ours
from tests.parity.speech import MODEL, SPEECH, spoken

ROOT = Path(__file__).parents[2]

SAME_BEST = {"int8": 0.98}
"""The least share of tokens after which both think the same next token best."""

SAME_BEST_FLOAT = 0.99

LOWER = 0.02
"""How much lower the mean log probability of the true token may be."""

RESULTS = ROOT / "benchmarks" / "results"
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
        """What both think may come, where `true` is what does."""
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
    """Without help: utterances, those with the same text, those that are spoilt (see
    `benchmarks.accuracy`), and errors in the words of those that neither spoils.
    """

    files: int = 0
    same_text: int = 0
    exact_spoilt: int = 0
    near_spoilt: int = 0
    words: int = 0
    exact_errors: int = 0
    near_errors: int = 0

    def count(self, exact: str, near: str, true: str) -> None:
        said, *heard = (words_of(text) for text in (true, exact, near))
        [one], [other] = (accuracy.compare([said], words) for words in heard)
        self.files += 1
        self.same_text += exact == near
        self.exact_spoilt += one.is_spoilt
        self.near_spoilt += other.is_spoilt
        if not (one.is_spoilt or other.is_spoilt):
            self.words += len(said)
            self.exact_errors += one.errors
            self.near_errors += other.errors

    @property
    def rates(self) -> tuple[float, float]:
        """Word error rates of both where neither spoils the utterance."""
        words = max(1, self.words)
        return self.exact_errors / words, self.near_errors / words


def main() -> None:
    """Compare, print, and keep the figures."""
    asked = arguments()
    if not (MODEL.is_dir() and SPEECH.is_dir()):
        sys.exit(f"expected a model in {MODEL} and recordings in {SPEECH}, found none")
    checkpoint = load_checkpoint(MODEL)
    exact = Ours.load(checkpoint)
    near = Ours.load(checkpoint, asked.dtype, asked.device)
    forced, free = Forced(), Free()
    for path, text in spoken(asked.files):
        compare(exact, near, path, text, forced)
        heard = [ours.transcribe(path, language="en") for ours in (exact, near)]
        free.count(heard[0]["text"], heard[1]["text"], text)
    least = SAME_BEST.get(asked.dtype, SAME_BEST_FLOAT)
    found = rows(forced, free, least)
    for name, value, bound in found:
        print(f"{name:50}{value:25}{bound}")
    path = asked.json or RESULTS / f"{asked.dtype}.json"
    path.write_text(json.dumps({"machine": describe(), "rows": found}) + "\n")
    sys.exit(0 if holds(forced, free, least) else 1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.parity.precision")
    parser.add_argument("--dtype", default="int8")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--files", type=int, default=200)
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
    states, others = (as_float32(f.states) for f in features)
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


def rows(forced: Forced, free: Free, least: float) -> list[tuple[str, str, str]]:
    """A table: what was measured, what was found, and its bound."""
    exact, near = free.rates
    return [
        (
            "same best token over true words",
            f"{forced.share:.2%} of {forced.tokens}",
            f"≥ {least:.0%}",
        ),
        (
            "true token's log probability, mean change",
            f"{forced.gain:+.4f}",
            f"≥ -{LOWER}",
        ),
        (
            "… mean distance",
            f"{np.abs(forced.gaps).mean():.4f}",
            "",
        ),
        ("encoder, relative distance", f"{np.mean(forced.encoder):.4f}", ""),
        ("same text", f"{free.same_text} of {free.files}", ""),
        (
            "spoilt by a loop, float32 and this",
            f"{free.exact_spoilt} and {free.near_spoilt}",
            "",
        ),
        (
            "word errors where neither is spoilt, float32 and this",
            f"{exact:.2%} and {near:.2%} of {free.words}",
            f"≤ {MORE_ERRORS:.1%} more",
        ),
    ]


def holds(forced: Forced, free: Free, least: float) -> bool:
    """Whether each bound is kept."""
    exact, near = free.rates
    return (
        forced.share >= least and forced.gain >= -LOWER and near <= exact + MORE_ERRORS
    )


if __name__ == "__main__":
    main()
