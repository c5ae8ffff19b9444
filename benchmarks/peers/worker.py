"""One engine in its own environment, told line by line what to do.

    python -m benchmarks.peers.worker ENGINE

Each line of standard input is a request in JSON and gets one line for an answer:

    {"do": "load", "weights": …, "precision": …, "threads": …}
    {"do": "transcribe", "audio": …, "job": {…}}

What the engine itself prints goes to standard error. Seconds of a transcription are
those from the name of a WAV file to its text.
"""

from __future__ import annotations

import json
import os
import sys
import time
import wave
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.peers.engines import Job, Transcribe

Answer = dict[str, Any]


class Worker:
    """An engine, and what it has loaded."""

    def __init__(self, engine: ModuleType) -> None:
        self.engine = engine
        self.transcriber: Transcribe | None = None

    def load(self, weights: str, precision: str, threads: int) -> Answer:
        begin = time.perf_counter()
        self.transcriber = self.engine.load(weights, precision, threads)
        return {
            "seconds": time.perf_counter() - begin,
            "peak_mb": peak_mb(),
            "versions": versions(self.engine.PACKAGES),
            "about": self.engine.about() if hasattr(self.engine, "about") else None,
        }

    def transcribe(self, audio: str, job: Mapping[str, Any]) -> Answer:
        if self.transcriber is None:
            raise ValueError("expected a model to be loaded first, found none")
        forget_peak()
        begin, processor = time.perf_counter(), time.process_time()
        heard = self.transcriber(read_wav(audio), Job(**job))
        return {
            "seconds": time.perf_counter() - begin,
            "cpu_seconds": time.process_time() - processor,
            "text": heard.text.strip(),
            "tokens": heard.tokens,
            "peak_mb": peak_mb(),
        }


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module = sys.argv[1].replace("-", "_").replace(".", "_")
    worker = Worker(import_module(f"benchmarks.peers.engines.{module}"))
    for line in sys.stdin:
        print(json.dumps(answer(worker, json.loads(line))), file=answers, flush=True)


def answer(worker: Worker, request: Answer) -> Answer:
    """The answer to a request, which may be the reason why there is none."""
    try:
        return dict(getattr(worker, request.pop("do"))(**request))
    except Exception as error:  # an engine's own, whatever it is
        return {"error": f"{type(error).__name__}: {error}"}


def read_wav(path: str) -> np.ndarray:
    """Samples `[n]` between -1 and 1 of a WAV file of one channel and 16 bits."""
    with wave.open(path) as file:
        data = file.readframes(file.getnframes())
    return np.frombuffer(data, np.int16).astype(np.float32) / np.float32(32768)


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def peak_mb() -> float | None:
    """The most memory that this process has held, in MB; None where Linux is not."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = status.read_text().splitlines()
    [held] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(held) / 1024


def forget_peak() -> None:
    """Let the peak begin anew, so that it is that of one transcription."""
    if (switch := Path("/proc/self/clear_refs")).exists():
        switch.write_text("5")


if __name__ == "__main__":
    main()
