"""Measure how far int8 is from float32 while both are made to say the true words.

    python -m tests.parity.int8 [--files N] [--json FILE]

Each token of an utterance is fed to both; compared are the best next token and the log
probability of the true one, where it is among the candidates of both. The exit code is
1 if a bound is missed. This needs no PyTorch.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from max_whisper.weights import load_checkpoint
from tests.parity.ours import Ours
from tests.parity.speech import MODEL, spoken

SAME_BEST = 0.98
"""The least share of tokens after which both think the same next token best."""

LOWER = 0.02
"""How much lower the mean log probability of the true token may be."""


@dataclass
class Forced:
    """What was found: relative gaps of encoders, tokens, and log probabilities."""

    encoder: list[float] = field(default_factory=list)
    tokens: int = 0
    same_best: int = 0
    gaps: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.same_best / self.tokens

    @property
    def gain(self) -> float:
        """The mean change of the true token's log probability; below 0 it is less."""
        return float(np.mean(self.gaps))

    @property
    def holds(self) -> bool:
        return self.share >= SAME_BEST and self.gain >= -LOWER


def main() -> None:
    """Compare, print, and keep the figures."""
    asked = arguments()
    checkpoint = load_checkpoint(MODEL)
    exact, near = (Ours.load(checkpoint, dtype) for dtype in ("float32", "int8"))
    found = Forced()
    for path, text in spoken(asked.files):
        compare(exact, near, path, text, found)
    print(f"tokens                        {found.tokens}")
    print(f"same best token               {100 * found.share:.2f} %")
    print(f"true token's log probability  {found.gain:+.4f} (mean)")
    print(f"its distance                  {np.abs(found.gaps).mean():.4f} (mean)")
    print(f"encoder, relative             {np.mean(found.encoder):.4f} (mean)")
    if asked.json:
        asked.json.write_text(json.dumps(asdict(found)) + "\n")
    sys.exit(0 if found.holds else 1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.parity.int8")
    parser.add_argument("--files", type=int, default=50)
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
        found.tokens += 1
        found.same_best += int(one.tokens[0, 0] == other.tokens[0, 0])
        count_gap(
            (one.tokens[0], one.logprobs[0]),
            (other.tokens[0], other.logprobs[0]),
            true,
            found,
        )


Ranked = tuple[Sequence[int], Sequence[float]]


def count_gap(one: Ranked, other: Ranked, true: int, found: Forced) -> None:
    """Note how far apart the true token is, where both rank it."""
    values = [
        float(logprobs[place])
        for tokens, logprobs in (one, other)
        for place in np.flatnonzero(np.asarray(tokens) == true)
    ]
    if len(values) == 2:
        found.gaps.append(values[1] - values[0])


if __name__ == "__main__":
    main()
