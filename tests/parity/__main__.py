"""Measure parity with openai-whisper and print it as a table.

    python -m tests.parity [--files N] [--skip N] [--quick] [--keep DIR] [--json FILE]

The transcripts of all 4,039 recordings take hours on two cores. They are kept in
DIR, so that a broken run goes on and only the first waits for the reference; with
`--quick` their figures stay as FILE has them, with `--skip` those of the first N do.
The exit code is 1 if a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from benchmarks.machine import describe
from max_whisper.weights import load_checkpoint
from tests.parity import measures, reference
from tests.parity.kept import Kept, sources_digest, weights_digest
from tests.parity.multilingual import random_multilingual
from tests.parity.ours import Ours
from tests.parity.speech import MODEL, ROOT, SPEECH, english_files, spoken

Row = tuple[str, str, str]

SHORT = {"sample_len": 24, "clip_timestamps": "0,1.5"}
"""Random weights hear a new segment every few hundredths of a second."""


def main() -> None:
    """Everything, in the order in which a difference would first show."""
    asked = arguments()
    if not (SPEECH.exists() and MODEL.exists()):
        sys.exit(
            f"make parity: expected recordings in {SPEECH} and a model in {MODEL}, "
            "found none; put them there, as CONTRIBUTING.md says"
        )
    results: dict[str, Any] = {}
    if (asked.quick or asked.skip) and asked.json.exists():
        results = json.loads(asked.json.read_text())
    found = known_agreement(results, asked.skip)
    results["machine"] = describe()
    checkpoint = load_checkpoint(MODEL)
    ours, theirs = Ours.load(checkpoint), reference.load_reference(checkpoint)
    results["insides"] = asdict(measures.compare_insides(ours, theirs, spoken(20)))
    results["speed"] = speed(ours, theirs)
    results["multilingual"] = multilingual()
    if not (asked.quick and "transcripts" in results):
        files = english_files()[asked.skip : asked.files]
        with reference.remembering(theirs):
            results["transcripts"] = transcripts(ours, theirs, files, found, asked.keep)
        commits = results.get("transcripts_commits", {}) if asked.skip else {}
        commit = results["machine"]["commit"]
        made = commits.get(commit, 0) + len(files)
        results["transcripts_commits"] = {**commits, commit: made}
    results["rows"] = list(rows(results))
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(results, indent=1) + "\n")
    show(results)
    sys.exit(0 if all(bounds(results)) else 1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.parity")
    parser.add_argument("--files", type=int, help="only the first so many recordings")
    parser.add_argument(
        "--skip", type=int, default=0, help="not the first so many: FILE has them"
    )
    parser.add_argument("--quick", action="store_true", help="no transcripts")
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "parity")
    parser.add_argument(
        "--json", type=Path, default=ROOT / "benchmarks" / "results" / "parity.json"
    )
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    return asked


def known_agreement(
    results: dict[str, Any], skip: int
) -> dict[str, measures.Agreement]:
    """What an earlier run found of the first `skip` recordings, in each mode."""
    known = {mode: measures.Agreement() for mode in reference.MODES}
    if skip:
        earlier = results.get("transcripts", {})
        known |= {mode: measures.Agreement(**found) for mode, found in earlier.items()}
    counts = {agreement.files for agreement in known.values()}
    if counts != {skip}:
        sys.exit(
            f"tests.parity: --skip {skip} expected a file with the figures of as many "
            f"recordings, found {sorted(counts)}; leave --skip out"
        )
    return known


def transcripts(
    ours: Ours,
    theirs: reference.Whisper,
    files: list[str],
    found: dict[str, measures.Agreement],
    keep: Path,
) -> dict[str, Any]:
    """Every recording in every mode; each difference with the gap that led to it.

    `found` is what is known of other recordings, and is added to.
    """
    weights = weights_digest(MODEL)
    expected = Kept(keep / f"reference-{weights}.jsonl")
    known = Kept(keep / f"ours-{weights}-{sources_digest()}.jsonl")
    for file in track(files, "transcripts"):
        for mode, options in reference.MODES.items():
            path, chosen = SPEECH / file, {"language": "en", **options}
            make = partial(reference.transcribe, theirs, path, **chosen)
            result = expected.get(file, mode, make)
            mine = known.get(file, mode, partial(ours.transcribe, path, **chosen))
            same = measures.compare_transcripts(mine, result, file, found[mode])
            if not same and mode == "greedy":
                ours.transcribe(path, **chosen)
                gap = measures.trace(ours, result)
                found[mode].differences[-1]["gap"] = gap
    return {mode: asdict(agreement) for mode, agreement in found.items()}


def multilingual() -> dict[str, Any]:
    """Random weights of large-v3's kind: insides, languages, two tasks in each mode."""
    found = measures.Agreement()
    languages = 0
    files = [SPEECH / file for file in clips()]
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = random_multilingual(Path(folder))
        ours, theirs = Ours.load(checkpoint), reference.load_reference(checkpoint)
        insides = asdict(measures.compare_insides(ours, theirs, spoken(5)))
        for path in files:
            for task in ("transcribe", "translate"):
                for mode in reference.MODES.values():
                    options = {"task": task, **SHORT, **mode}
                    result = reference.transcribe(theirs, path, **options)
                    mine = ours.transcribe(path, **options)
                    measures.compare_transcripts(mine, result, path.name, found)
                    languages += mine["language"] == result["language"]
    return {**asdict(found), "same_language": languages, "insides": insides}


def clips() -> Iterator[str]:
    """A few recordings in several languages."""
    for folder in ("multilingual", "english"):
        paths = sorted((SPEECH / folder).iterdir())
        yield from (f"{folder}/{path.name}" for path in paths[::7])


def speed(ours: Ours, theirs: reference.Whisper) -> dict[str, float]:
    """Seconds on an 11 s clip, in this process and as a whole process of its own."""
    clip = SPEECH / "formats" / "jfk.flac"
    reference_seconds, our_seconds, ratio = measures.speed_ratio(ours, theirs, clip)
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        command = ["transcribe", str(clip), "--model", str(MODEL), "-o", folder]
        options = ["--device", "cpu", "--verbose", "False"]
        options += ["--beam_size", "None", "--best_of", "None"]
        subprocess.run(
            [sys.executable, "-m", "max_whisper", *command, *options],
            check=True,
            env=dict(os.environ),
            capture_output=True,
        )
    return {
        "reference_seconds": reference_seconds,
        "our_seconds": our_seconds,
        "ratio": ratio,
        "process_seconds": time.perf_counter() - begin,
    }


def rows(results: dict[str, Any]) -> Iterator[Row]:
    """Measure, figure and bound."""
    yield from inside_rows(results["insides"], "")
    for mode, key, bound in (("greedy", "same", 99.5), ("beam5", "same_text", 99.0)):
        agreement = results["transcripts"][mode]
        same, files = agreement[key], agreement["files"]
        what = "text, segments, times, tokens" if key == "same" else "text"
        share = f"{same} of {files} files ({same / files:.2%})"
        yield f"{mode}: same {what}", share, f"≥ {bound} %"
    random = results["multilingual"]
    yield from inside_rows(random["insides"], "random multilingual model: ")
    share = f"{random['same']} of {random['files']} runs"
    yield "random multilingual model: same transcripts, both tasks", share, "all"
    share = f"{random['same_language']} of {random['files']} runs"
    yield "random multilingual model: same language", share, "all"
    took = results["speed"]
    seconds = f"{took['our_seconds']:.2f} s and {took['reference_seconds']:.2f} s"
    yield "11 s clip, greedy, ours and openai-whisper", seconds, ""
    yield "… openai-whisper's time / ours", f"{took['ratio']:.2f}", "≥ 1"
    yield "… our whole process", f"{took['process_seconds']:.2f} s", "≤ 4 s"


def inside_rows(found: dict[str, Any], whose: str) -> Iterator[Row]:
    yield f"{whose}log-mel, largest difference", f"{found['mel_max']:.1e}", ""
    yield f"{whose}log-mel, mean difference", f"{found['mel_mean']:.1e}", ""
    yield f"{whose}encoder, relative error", f"{found['encoder']:.1e}", "≤ 1e-4"
    same = f"{found['tokens'] - found['other_argmax']} of {found['tokens']}"
    yield f"{whose}decoder, same best token over true words", same, "all but ties"
    yield f"{whose}decoder, largest difference of log p", f"{found['logprob']:.1e}", ""


def bounds(results: dict[str, Any]) -> Iterator[bool]:
    """Whether each bound of the table is kept."""
    random = results["multilingual"]
    for inside in (results["insides"], random["insides"]):
        yield inside["encoder"] <= 1e-4
        yield inside["other_argmax"] == 0
    greedy, beam = results["transcripts"]["greedy"], results["transcripts"]["beam5"]
    yield greedy["same"] >= 0.995 * greedy["files"]
    yield beam["same_text"] >= 0.99 * beam["files"]
    yield random["same"] == random["same_language"] == random["files"]
    yield results["speed"]["ratio"] >= 1
    yield results["speed"]["process_seconds"] <= 4


def show(results: dict[str, Any]) -> None:
    console = Console(width=100, highlight=False)
    console.print("| measure | found | bound |\n|---|---|---|", markup=False)
    for row in results["rows"]:
        console.print(f"| {' | '.join(row)} |", markup=False, soft_wrap=True)
    compared = {**results["transcripts"], "random": results["multilingual"]}
    for mode, agreement in compared.items():
        for found in agreement["differences"]:
            gap = found.get("gap", found["scores"])
            what = "not traced" if gap is None else f"{gap:.1e} apart"
            verdict = "a tie" if gap is not None and gap < measures.TIE else "no tie"
            line = f"{mode} differs: {found['file']}: {what}, {verdict}"
            console.print(line, markup=False)


if __name__ == "__main__":
    main()
