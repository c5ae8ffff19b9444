"""Ours against the other engines, on the same sound with the same weights.

    python -m benchmarks.peers [--quick] [--only ENGINE …] [--cases NAME …]
                               [--rounds N] [--minutes M] [--resume]

Environments, weights and recordings are made first, which takes long the first time and
is not part of the minutes. What is measured goes line by line into
`build/bench/diary.jsonl`, so that `--resume` goes on where a run was broken off. An
engine that fails is written down with the reason, and the others go on. With `--quick`
the summary goes to `build/bench/quick.json`, else into `results`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.audio import SPEECH
from benchmarks.machine import describe
from benchmarks.peers import starts
from benchmarks.peers.contenders import ALL, CASES, Case, Contender
from benchmarks.peers.diary import Diary
from benchmarks.peers.environments import BUILD, Missing, python
from benchmarks.peers.rounds import Plan, Race, say
from benchmarks.peers.summary import summarise
from benchmarks.peers.weights import weights
from benchmarks.peers.words import words

RESULT = Path(__file__).parents[1] / "results" / "peers.json"


def main() -> None:
    # A worker that stands still would outlive a conductor that is ended from outside.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    asked = arguments()
    if not SPEECH.exists():
        sys.exit(f"expected recordings in {SPEECH}, found none; see CONTRIBUTING.md")
    cases = [suited(case, asked) for case in CASES if case.name in asked.cases]
    diary = Diary(BUILD / "diary.jsonl", resume=asked.resume)
    cases = [prepared(case, diary) for case in cases]
    if asked.prepare:
        return
    begin = time.monotonic()
    ends = begin + 60 * asked.minutes
    plan = Plan(asked.rounds, min(asked.least, asked.rounds), asked.threads, ends)
    if asked.starts:
        starts.measure(tuple(c for c in ALL if c.engine in asked.only), plan, diary)
    for case in cases:
        Race(case, plan, diary).run()
        write(diary, asked)
    write(diary, asked)
    say(f"{(time.monotonic() - begin) / 60:.1f} minutes; written to {asked.json}\n")


def arguments() -> argparse.Namespace:
    engines = list(dict.fromkeys(contender.engine for contender in ALL))
    cases = [case.name for case in CASES]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers")
    parser.add_argument("--only", nargs="+", choices=engines, default=engines)
    parser.add_argument("--cases", nargs="*", choices=cases, default=cases)
    parser.add_argument("--rounds", type=int, default=5, help="at most")
    parser.add_argument("--least", type=int, default=2, help="also of slow engines")
    parser.add_argument("--minutes", type=float, default=40, help="no round after")
    parser.add_argument("--seconds", type=float, help="of every recording, at most")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="one round of 35 s")
    parser.add_argument("--prepare", action="store_true", help="measure nothing")
    parser.add_argument("--resume", action="store_true", help="go on where it broke")
    parser.add_argument("--no-starts", dest="starts", action="store_false")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    asked.json = asked.json or (BUILD / "quick.json" if asked.quick else RESULT)
    if asked.quick:
        asked.rounds, asked.seconds = 1, asked.seconds or 35
    return asked


def suited(case: Case, asked: argparse.Namespace) -> Case:
    """A case with the engines and the length that are asked for."""
    seconds = min(case.seconds, asked.seconds or case.seconds)
    kept = tuple(c for c in case.contenders if c.engine in asked.only)
    return replace(case, seconds=seconds, contenders=kept)


def prepared(case: Case, diary: Diary) -> Case:
    """A case with those for whom environment and weights can be had."""
    return replace(
        case, contenders=tuple(c for c in case.contenders if ready(case, c, diary))
    )


def ready(case: Case, contender: Contender, diary: Diary) -> bool:
    say(f"{case.name}: {contender.name} … ")
    try:
        python(contender.engine)
        weights(case.model, contender.form)
    except (Missing, OSError) as error:
        facts = {"case": case.name, "contender": contender.name}
        diary.write("missing", **facts, reason=str(error))
        say(f"{error}\n")
        return False
    say("ready\n")
    return True


def write(diary: Diary, asked: argparse.Namespace) -> None:
    """The summary of what has been measured so far."""
    found = {
        "machine": describe(),
        "threads": asked.threads,
        "load_average": os.getloadavg(),
        **summarise(diary, words),
    }
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
