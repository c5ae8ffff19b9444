"""The conductor's side of a worker: a process that answers a request with a line."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import BUILD, ROOT, python

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
QUIET = {"HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}


class Failed(Exception):
    """A worker told of an error, took too long or ended; the message says which."""


class Conversation:
    """One engine's process. It stands still whenever it is not asked anything."""

    def __init__(self, engine: str, threads: int, **variables: str) -> None:
        logs = BUILD / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        counts = dict.fromkeys(THREAD_VARIABLES, str(threads))
        with open(logs / f"{engine}.log", "a") as log:
            self._process = subprocess.Popen(
                [str(python(engine)), "-m", "benchmarks.peers.worker", engine],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **QUIET, **counts, **variables},
                text=True,
            )

    def ask(self, limit: float, **request: Any) -> dict[str, Any]:
        """The answer, within `limit` seconds. Raises `Failed` if there is none."""
        assert self._process.stdin and self._process.stdout
        self._process.send_signal(signal.SIGCONT)
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise self._ended() from None
        ready, _, _ = select.select([self._process.stdout], [], [], limit)
        if not ready:
            self.end()
            raise Failed(f"no answer within {limit:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        self._process.send_signal(signal.SIGSTOP)
        return answer

    def finish(self) -> None:
        """Let it end by itself, and wait for that."""
        assert self._process.stdin
        self._process.send_signal(signal.SIGCONT)
        self._process.stdin.close()
        self._process.wait()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _ended(self) -> Failed:
        code = self._process.wait()
        return Failed(f"the process ended with code {code}; see build/bench/logs")


def fresh_caches(folder: Path) -> dict[str, str]:
    """Variables under which an engine finds nothing that an earlier run has kept."""
    names = ("HOME", "XDG_CACHE_HOME", "MAX_WHISPER_CACHE", "MODULAR_CACHE_DIR")
    return dict.fromkeys(names, str(folder))
