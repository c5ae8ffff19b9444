"""Windows decoded side by side against the same windows in turn.

    python -m benchmarks.batches [--model MODEL] [--dtype DTYPE] [--seconds N]
                                 [--files N] [--rounds N]

One recording is cut at silence into pieces, which share batches of several sizes; many
short recordings are transcribed one after the other and together. What is compared is
the whole call at temperature 0, with the sound as samples; loading is not timed. Rounds
are interleaved, and the text of each is compared with that of one window at a time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from benchmarks.audio import SPEECH, chosen, recording
from benchmarks.machine import describe
from max_whisper.api import Whisper, load_model
from max_whisper.audio.load import load_audio

MODEL = SPEECH.parent / "models" / "whisper-tiny.en-relearned"
RESULTS = Path(__file__).parent / "results"
BATCHES = (1, 4, 8, 16)
SEARCHES: Mapping[str, dict[str, Any]] = {
    "greedy": {"temperature": 0.0},
    "beam 5": {"temperature": 0.0, "beam_size": 5},
}
IN_TURN = "windows in turn"

Samples: TypeAlias = np.ndarray
Ways: TypeAlias = dict[str, Callable[[], list[str]]]
"""Names of ways to transcribe the same sound, and what each hears. The first one is
what the others are compared with."""


def main() -> None:
    asked = arguments()
    with load_model(asked.model, device="cpu", dtype=asked.dtype) as model:
        cases = measure(model, asked)
    result = {"machine": describe(), "model": str(model.name), "cases": cases}
    path = asked.json or RESULTS / f"batches_{asked.dtype}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batches")
    parser.add_argument("--model", default=str(MODEL))
    parser.add_argument("--dtype", choices=("float32", "int8"), default="float32")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--files", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def measure(model: Whisper, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Both kinds of batches, with both searches."""
    with tempfile.TemporaryDirectory() as folder:
        long = load_audio(recording("librispeech", asked.seconds, Path(folder)).path)
    short = [load_audio(path) for path, _ in islice(chosen(3600), asked.files)]
    cases = []
    for search, options in SEARCHES.items():
        name = f"one recording of {asked.seconds:.0f} s, {search}"
        cases.append(race(name, pieces(model, long, options), asked.rounds))
        print(json.dumps(cases[-1]), flush=True)
        name = f"{asked.files} short recordings, {search}"
        cases.append(race(name, many(model, short, options), asked.rounds))
        print(json.dumps(cases[-1]), flush=True)
    return cases


def pieces(model: Whisper, samples: Samples, options: Mapping[str, Any]) -> Ways:
    """One recording in pieces, by the size of the batch."""
    cut = {**options, "cut_at_silence": True, "condition_on_previous_text": False}

    def heard(batch_size: int) -> list[str]:
        return [model.transcribe(samples, batch_size=batch_size, **cut).text]

    return {_name(size): lambda size=size: heard(size) for size in BATCHES}


def many(model: Whisper, short: Sequence[Samples], options: Mapping[str, Any]) -> Ways:
    """Many recordings, by the size of the batch."""

    def heard(batch_size: int) -> list[str]:
        found = model.transcribe_many(short, batch_size=batch_size, **options)
        texts = {outcome.index: outcome.transcript for outcome in found}
        return [texts[index].text for index in sorted(texts)]

    return {_name(size): lambda size=size: heard(size) for size in BATCHES}


def race(name: str, ways: Ways, rounds: int) -> dict[str, Any]:
    """Seconds of every way, and how many times faster than in turn, by rounds."""
    seconds: dict[str, list[float]] = defaultdict(list)
    texts: dict[str, list[str]] = {}
    for number in range(rounds + 1):
        for way, hear in ways.items():
            begin = time.perf_counter()
            texts[way] = hear()
            if number:  # the first round warms up
                seconds[way].append(time.perf_counter() - begin)
    baseline = next(iter(ways))
    return {
        "case": name,
        "rounds": rounds,
        "ways": [
            {
                "way": way,
                "seconds": statistics.median(taken),
                "faster": statistics.median(
                    one / other
                    for one, other in zip(seconds[baseline], taken, strict=True)
                ),
                "same_text": texts[way] == texts[baseline],
            }
            for way, taken in seconds.items()
        ],
    }


def _name(batch_size: int) -> str:
    return IN_TURN if batch_size == 1 else f"{batch_size} side by side"


if __name__ == "__main__":
    main()
