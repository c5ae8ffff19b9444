"""Transcripts of earlier runs, a JSON line each: a broken run goes on where it stopped.

All recordings take hours on two cores. A file is named after what made its transcripts,
the weights and for ours the sources too, so that nothing stale is ever read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import max_whisper

Transcript = Mapping[str, Any]

SOURCES = (".py", ".mojo")
FACES = ("cli", "demo", "formats", "server")
"""Rooms that have no part in what a transcript says."""


class Kept:
    """The transcripts in one file, by recording and mode."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known = dict(_rows(path))

    def get(self, file: str, mode: str, make: Callable[[], Transcript]) -> Transcript:
        """The transcript that is kept, or else is made and kept."""
        if (file, mode) not in self.known:
            result = make()
            row = {"file": file, "mode": mode, "result": result}
            with open(self.path, "a") as sink:
                sink.write(json.dumps(row) + "\n")
            self.known[file, mode] = result
        return self.known[file, mode]


def weights_digest(model: Path) -> str:
    """A few letters that stand for these weights."""
    return _digest([model / "model.safetensors"])


def sources_digest() -> str:
    """A few letters that stand for our code, from sound to transcript."""
    package = Path(max_whisper.__file__).parent
    sources = (p for p in sorted(package.rglob("*")) if p.suffix in SOURCES)
    return _digest(p for p in sources if p.relative_to(package).parts[0] not in FACES)


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _rows(path: Path) -> Iterable[tuple[tuple[str, str], Transcript]]:
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue  # an interrupted run leaves half a line
        yield (row["file"], row["mode"]), row["result"]
