"""Peak memory of a long recording beside a short one, and a long run that is killed.

    python -m benchmarks.memory [--hours N] [--model MODEL]

The sound is generated while it is read: the sample of the demo again and again, under
noise that never repeats. Each run is a process of its own. One is killed in the middle
and goes on from its journal; its transcript must be that of the run in one go.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from max_whisper import demo, load_model
from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio

RESULT = Path(__file__).parent / "results" / "memory.json"
SHORT_SECONDS = 600
BLOCK = 2**16
NOISE = 0.003


class Generated:
    """A WAV file of so many seconds that is made as it is read."""

    name = "generated"

    def __init__(self, seconds: int) -> None:
        self._speech = load_audio(demo.SAMPLE)
        self._left = seconds * SAMPLE_RATE
        self._place = 0
        self._random = np.random.default_rng(0)
        data = 2 * self._left
        form = struct.pack("<IHHIIHH", 16, 1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16)
        riff = b"RIFF" + struct.pack("<I", 36 + data) + b"WAVEfmt "
        self._bytes = riff + form + b"data" + struct.pack("<I", data)

    def read(self, count: int) -> bytes:
        """At most `count` bytes of the file; none at its end."""
        while len(self._bytes) < count and self._left:
            self._bytes += self._block()
        read, self._bytes = self._bytes[:count], self._bytes[count:]
        return read

    def _block(self) -> bytes:
        size = min(BLOCK, self._left)
        places = np.arange(self._place, self._place + size) % self._speech.size
        sound = self._speech[places] + self._random.normal(0, NOISE, size)
        self._place, self._left = self._place + size, self._left - size
        return (sound.clip(-1, 1) * 32767).astype("<i2").tobytes()


def main() -> None:
    asked = arguments()
    if asked.child is not None:
        print(json.dumps(transcribed(asked.model, asked.child, asked.journal)))
        return
    long_seconds = round(asked.hours * 3600)
    with tempfile.TemporaryDirectory() as folder:
        # The first run compiles, if nothing else did, which takes memory of its own.
        run(asked.model, 1, Path(folder) / "first")
        short = run(asked.model, SHORT_SECONDS, Path(folder) / "short")
        whole = run(asked.model, long_seconds, Path(folder) / "whole")
        journal = Path(folder) / "killed"
        windows = kill(asked.model, long_seconds, journal, whole["windows"] // 2)
        resumed = run(asked.model, long_seconds, journal)
    result = {
        "machine": describe(),
        "model": asked.model,
        "short": short,
        "long": whole,
        "killed_after_windows": windows,
        "resumed": resumed,
        "same": resumed["digest"] == whole["digest"],
    }
    asked.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    parser.add_argument("--model", default="demo")
    parser.add_argument("--hours", type=float, default=10)
    parser.add_argument("--json", type=Path, default=RESULT)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--journal", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def transcribed(name: str, seconds: int, journal: Path) -> dict[str, Any]:
    """What a process of its own needs for so many seconds of sound."""
    begin = time.perf_counter()
    with load_model(name, device="cpu") as model:
        transcript = model.transcribe(Generated(seconds), journal=journal)
    return {
        "sound_seconds": seconds,
        "seconds": time.perf_counter() - begin,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "windows": count_windows(journal),
        "segments": len(transcript.segments),
        "digest": hashlib.sha256(repr(transcript).encode()).hexdigest(),
    }


def run(model: str, seconds: int, journal: Path) -> dict[str, Any]:
    """The same, from a process that was started for it."""
    done = subprocess.run(command(model, seconds, journal), stdout=-1, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def kill(model: str, seconds: int, journal: Path, windows: int) -> int:
    """Kill a process that has heard so many windows; how many it had by then."""
    process = subprocess.Popen(command(model, seconds, journal))
    while count_windows(journal) < windows and process.poll() is None:
        time.sleep(0.2)
    process.kill()
    process.wait()
    return count_windows(journal)


def command(model: str, seconds: int, journal: Path) -> list[str]:
    own = [sys.executable, "-m", "benchmarks.memory", "--model", model]
    return [*own, "--child", str(seconds), "--journal", str(journal)]


def count_windows(journal: Path) -> int:
    """Lines of a journal after its first."""
    return journal.read_bytes().count(b"\n") - 1 if journal.exists() else 0


if __name__ == "__main__":
    main()
