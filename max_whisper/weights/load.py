"""One door for every kind of checkpoint: a folder, a `.pt`, or a name."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

from max_whisper import demo
from max_whisper.errors import CheckpointError
from max_whisper.weights.checkpoint import Checkpoint
from max_whisper.weights.files import CONFIG
from max_whisper.weights.hub import KNOWN_MODELS, download
from max_whisper.weights.huggingface import load_folder
from max_whisper.weights.openai import load_openai

HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def load_checkpoint(
    name_or_path: str | os.PathLike[str],
    *,
    cache_dir: str | os.PathLike[str] | None = None,
) -> Checkpoint:
    """Find and read a checkpoint, wherever it is.

    `name_or_path` is a folder in Hugging Face's layout, the path of one of OpenAI's
    `.pt`, a short name of `KNOWN_MODELS`, `owner/name` on the hub, or `demo`, the model
    in the box, whatever else has that name. `cache_dir` stands in for the hub's own
    cache. Raises `CheckpointError` where that is nothing.
    """
    if name_or_path == demo.NAME:
        return load_folder(demo.MODEL, name=demo.NAME)
    name = os.fspath(name_or_path)
    path = Path(name).expanduser()
    cache = None if cache_dir is None else Path(cache_dir).expanduser()
    if path.is_file() and name not in KNOWN_MODELS:
        return _load_file(path, cache)
    if path.is_dir() and (_is_path(name_or_path) or (path / CONFIG).is_file()):
        return load_folder(path, cache_dir=cache)
    is_repo = HUB_NAME.fullmatch(name) and not _is_path(name_or_path)
    repo = KNOWN_MODELS.get(name, name if is_repo else None)
    if repo is not None:
        folder = download(repo, cache_dir=cache)
        return load_folder(folder, name=name, cache_dir=cache)
    raise CheckpointError(_not_found(name))


def _load_file(path: Path, cache: Path | None) -> Checkpoint:
    if path.suffix != ".pt":
        raise CheckpointError(
            f"{path}: expected a folder or OpenAI's .pt, found another file; "
            f"give the folder that holds {CONFIG} and the weights"
        )
    return load_openai(path, cache_dir=cache)


def _is_path(name_or_path: str | os.PathLike[str]) -> bool:
    """Whether this can only be meant as a path, never as a name on the hub."""
    if not isinstance(name_or_path, str):
        return True
    name = name_or_path
    return name.startswith((".", "~", os.sep)) or name.endswith((os.sep, ".pt"))


def _not_found(name: str) -> str:
    if _is_path(name):
        return (
            f"{name}: expected a folder or a .pt, found nothing there; check the path"
        )
    known = (*KNOWN_MODELS, demo.NAME)
    close = difflib.get_close_matches(name, known, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else "use owner/name, a path"
    names = "" if close else f" or one of {', '.join(known)}"
    return (
        f"{name}: expected a folder, a .pt, a known name or owner/name on the hub, "
        f"found neither such a path nor such a name; {hint}{names}"
    )
