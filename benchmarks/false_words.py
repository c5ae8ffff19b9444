"""Words that are heard where nobody speaks, and words that are heard again and again.

    python -m benchmarks.false_words [--seconds N]

Ours, openai-whisper and faster-whisper on the same weights and files, each as its users
find it (beam 5, temperatures, thresholds and previous text by default). Silence, noise
and music are told apart by the names of the files; every word counts in them. How often
a text repeats itself is counted in LibriSpeech: words within the same one to eight
words four times in a row, by all words heard.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import loops
from benchmarks.audio import SPEECH, recording, write_wav
from benchmarks.machine import describe
from benchmarks.peers.contenders import FASTER, OURS, OURS_BATCHED, REFERENCE, Contender
from benchmarks.peers.conversation import Conversation
from benchmarks.peers.engines import Job
from benchmarks.peers.environments import BUILD
from benchmarks.peers.weights import weights
from benchmarks.peers.words import words
from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio

RESULT = Path(__file__).parent / "results" / "false_words.json"
LIMIT = 1800.0
KINDS = {"noise": "noise", "empty": "silence", "bird": "noise", "": "music"}
"""By what a file's name has in it; the first that fits."""
SILENT_SECONDS = 60

SHIPPED = Job(as_shipped=True)
CONTENDERS: tuple[tuple[str, Contender, Job], ...] = (
    ("ours", OURS[0], SHIPPED),
    ("ours, int8", OURS[1], SHIPPED),
    ("ours, vad_filter", OURS[0], Job(as_shipped=True, vad=True)),
    (
        "ours, cut at silence, side by side",
        OURS_BATCHED[0],
        Job(as_shipped=True, batched=True),
    ),
    ("openai-whisper", REFERENCE, SHIPPED),
    ("faster-whisper", FASTER[0], SHIPPED),
    ("faster-whisper, vad_filter", FASTER[0], Job(as_shipped=True, vad=True)),
    ("faster-whisper, batched", FASTER[1], Job(as_shipped=True, batched=True)),
)


def main() -> None:
    asked = arguments()
    sounds = list(no_speech(BUILD / "audio"))
    speech = recording("librispeech", asked.seconds, BUILD / "audio")
    paths = [path for _, path, _ in sounds] + [speech.path]
    rows = []
    for name, contender, job in CONTENDERS:
        *silent, spoken = words(texts(contender, job, paths))
        rows.append({"name": name, **counted(sounds, silent), **repeated(spoken)})
        print(json.dumps(rows[-1]), flush=True)
    minutes = total_minutes(sounds)
    result = {
        "machine": describe(),
        "minutes": minutes,
        "speech_seconds": speech.seconds,
    }
    asked.json.write_text(json.dumps(result | {"rows": rows}, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.false_words")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--json", type=Path, default=RESULT)
    return parser.parse_args()


def no_speech(folder: Path) -> Iterator[tuple[str, Path, float]]:
    """Kind, WAV file and minutes of every sound in which nobody speaks."""
    silence = np.zeros(SILENT_SECONDS * SAMPLE_RATE, np.float32)
    sounds = {"empty": silence}
    sounds |= {p.name: load_audio(p) for p in sorted((SPEECH / "nospeech").iterdir())}
    for name, samples in sounds.items():
        path = folder / f"no-speech-{Path(name).stem}.wav"
        write_wav(path, samples)
        kind = next(kind for part, kind in KINDS.items() if part in name)
        yield kind, path, samples.size / SAMPLE_RATE / 60


def texts(contender: Contender, job: Job, paths: Sequence[Path]) -> list[str]:
    """What an engine hears in each file."""
    threads = os.cpu_count() or 1
    found = weights("tiny", contender.form)
    worker = Conversation(contender.engine, threads)
    asked = {"weights": str(found), "precision": contender.precision}
    worker.ask(LIMIT, do="load", threads=threads, **asked)
    heard = [
        worker.ask(LIMIT, do="transcribe", audio=str(path), job=asdict(job))["text"]
        for path in paths
    ]
    worker.finish()
    return heard


def counted(
    sounds: Sequence[tuple[str, Path, float]], heard: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """Words a minute in each kind of sound."""
    found: dict[str, int] = defaultdict(int)
    for (kind, _, _), said in zip(sounds, heard, strict=True):
        found[kind] += len(said)
    minutes = total_minutes(sounds)
    return {"words_a_minute": {kind: found[kind] / minutes[kind] for kind in minutes}}


def total_minutes(sounds: Sequence[tuple[str, Path, float]]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for kind, _, minutes in sounds:
        total[kind] += minutes
    return dict(total)


def repeated(said: Sequence[str]) -> dict[str, Any]:
    """How many words were heard in speech, and the share of those in a loop."""
    return {"words": len(said), "repeated": len({*loops(said)}) / max(1, len(said))}


if __name__ == "__main__":
    main()
