"""The small files of a checkpoint, read or explained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from max_whisper.errors import CheckpointError


def read_text(path: Path) -> str:
    """The text of a file that a checkpoint must have; else `CheckpointError`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = "none" if isinstance(error, FileNotFoundError) else str(error)
        raise CheckpointError(
            f"{path.parent}: expected {path.name}, found {found}; "
            "take it from the checkpoint's page on the hub"
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """The object in such a file; else `CheckpointError`."""
    try:
        values = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise CheckpointError(
            f"{path}: expected JSON, found something else ({error}); fetch it again"
        ) from error
    if not isinstance(values, dict):
        raise CheckpointError(
            f"{path}: expected a JSON object, found a {type(values).__name__}; "
            "fetch it again"
        )
    return values
