"""A Hugging Face hub on this machine: the few answers that a download needs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GATED = "someone/gated"


class StandInHub(ThreadingHTTPServer):
    """Serves `folder/owner/name/*`, and remembers what it was asked for, and how."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder = folder
        self.paths: list[str] = []
        self.tokens: set[str | None] = set()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """Knows /api/models/…/revision, /api/models/…/tree and /…/resolve."""

    server: StandInHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self.remember(path)
            self.describe("/".join(parts[2:4]), parts[4])
        elif parts[2:3] == ["resolve"]:
            self.remember(path)
            self.send_file(self.server.folder.joinpath(*parts[:2], *parts[4:]))
        else:
            self.refuse(404, "NotFound")  # newer libraries ask for more than models

    do_HEAD = do_GET

    def remember(self, path: str) -> None:
        self.server.paths.append(path)
        self.server.tokens.add(self.headers["Authorization"])

    def describe(self, repo: str, question: str) -> None:
        folder = self.server.folder / repo
        if repo == GATED:
            self.refuse(403, "GatedRepo")
        elif not folder.is_dir():
            self.refuse(404, "RepoNotFound")
        elif question == "tree":
            self.send_json([entry(file) for file in sorted(folder.iterdir())])
        else:
            files = [{"rfilename": file.name} for file in sorted(folder.iterdir())]
            self.send_json({"id": repo, "sha": COMMIT, "siblings": files})

    def send_file(self, file: Path) -> None:
        if file.is_file():
            self.send(200, file.read_bytes(), {"ETag": f'"{digest(file)}"'})
        else:
            self.refuse(404, "EntryNotFound")

    def send_json(self, value: Any) -> None:
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def refuse(self, status: int, code: str) -> None:
        self.send(status, b"", {"X-Error-Code": code})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", COMMIT)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def entry(file: Path) -> dict[str, Any]:
    size = file.stat().st_size
    return {"type": "file", "path": file.name, "size": size, "oid": digest(file)}


def digest(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()


@contextmanager
def serve(folder: Path) -> Iterator[StandInHub]:
    """A running hub of the repositories in `folder`."""
    with StandInHub(folder) as hub:
        thread = threading.Thread(target=hub.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
