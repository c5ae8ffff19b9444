"""Everything measured, a JSON line each as it comes, so that a broken run can go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class Diary:
    """The lines of one file."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not resume:
            path.write_text("")
        text = path.read_text() if path.exists() else ""
        self.entries: list[Entry] = list(_whole_lines(text))

    def write(self, kind: str, **facts: Any) -> Entry:
        entry = {"kind": kind, **facts}
        self.entries.append(entry)
        with open(self._path, "a") as file:
            file.write(json.dumps(entry) + "\n")
        return entry

    def find(self, kind: str, **facts: Any) -> list[Entry]:
        """The entries of a kind of which all `facts` are true, oldest first."""
        wanted = {"kind": kind, **facts}.items()
        return [entry for entry in self.entries if wanted <= _flat(entry)]


def _flat(entry: Entry) -> Any:
    return {k: v for k, v in entry.items() if not isinstance(v, list | dict)}.items()


def _whole_lines(text: str) -> Iterator[Entry]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue  # an interrupted run leaves half a line
