"""Where results go: names that never collide, and files that are whole or not there."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from max_whisper.errors import OptionError, OutputError

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Job:
    """A file to transcribe, and `stem`: its results' path without the format."""

    file: str
    stem: Path

    @property
    def journal(self) -> Path:
        """What keeps the windows that were heard until the results are written."""
        name = hashlib.sha256(self.stem.name.encode()).hexdigest()[:16]
        return self.stem.with_name(f".{name}.journal")  # as short for any title

    def result(self, format_name: str) -> Path:
        """The file of one format."""
        return self.stem.with_name(f"{self.stem.name}.{format_name}")


def output_stems(files: Sequence[str]) -> dict[str, str]:
    """The name, without its format, of what is written for each file.

    It is the file's own without the extension, as in openai/whisper. Files that only
    differ in their extension keep it, for one would overwrite the other.

    >>> output_stems(["talk.mp3", "call.wav", "call.mp3"])
    {'talk.mp3': 'talk', 'call.wav': 'call.wav', 'call.mp3': 'call.mp3'}

    Raises `OptionError` for files that still have the same name.
    """
    taken = Counter(_stem(file) for file in files)
    stems = {
        file: _stem(file) if taken[_stem(file)] == 1 else os.path.basename(file)
        for file in files
    }
    named = Counter(stems[file] for file in files)
    for file in files:
        if named[stems[file]] > 1:
            raise OptionError(
                f"{file}: expected files with different names, found {stems[file]} "
                "again; transcribe one of them into another --output_dir"
            )
    return stems


def prepare_folder(folder: Path) -> None:
    """Make `folder` and see that it can be written to, before any work is done.

    Raises `OutputError` if not.
    """
    probe = _temporary(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"{folder}: expected a folder that can be written to, found none "
            f"({error.strerror}); choose another --output_dir"
        ) from error


def write_whole(path: Path, text: str) -> None:
    """Write `text` to `path`: all of it, or nothing if it fails or is interrupted.

    Raises `OutputError` if it cannot be written.
    """
    temporary = _temporary(path.parent)
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(
            f"{path}: expected a file that can be written, found none "
            f"({error.strerror}); choose another --output_dir"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _stem(file: str) -> str:
    if file == STANDARD_INPUT:
        return "stdin"
    return os.path.splitext(os.path.basename(file))[0]


def _temporary(folder: Path) -> Path:
    """A name beside the result, so that it can take its place in one step."""
    return folder / f".max-whisper-{os.getpid()}.tmp"
