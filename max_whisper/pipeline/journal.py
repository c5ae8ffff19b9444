"""What was heard of a recording, window by window, in a file beside the results.

A transcription that was cut off goes on from it: windows that it has are not decoded
again, and everything that follows from them is worked out anew, so the text is that of
one go. A line holds a window; what follows the last whole line is overwritten.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import logging
import os
import shutil
import weakref
from dataclasses import asdict, dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any, TypeAlias

from max_whisper.decoding.result import DecodingResult
from max_whisper.engine.protocol import Mel
from max_whisper.errors import OutputError
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.timestamps.alignment import WordTiming
from max_whisper.version import __version__

Line: TypeAlias = dict[str, Any]

TITLE = "max-whisper journal"
FORMAT = 1
"""Of the lines: those of another one are not read."""
BLOCK = 3000
"""Mel frames that are read at a time."""
NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP)
"""What a file system says that has none: then nobody is kept out."""

_log = logging.getLogger("max_whisper")


@dataclass(frozen=True, slots=True)
class HeardWindow:
    """How a window was decoded, and when its words were said if that was asked."""

    result: DecodingResult
    words: tuple[WordTiming, ...] = ()


class Journal:
    """The windows of one recording that were heard, now or before.

    `identity` says what was heard and how; the journal of another one is begun anew,
    and what it had is kept beside it, as `.old`.
    `close` it for others. Raises `OutputError` if the file is no journal, cannot be
    written, or is that of another transcription that is at work.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self._path = path
        file = _open(path)
        self.close = weakref.finalize(self, file.close)
        self._file = file
        lines, end = _whole_lines(path)
        is_ours = bool(lines) and lines[0].get("title") == TITLE
        if os.fstat(file.fileno()).st_size and not is_ours:
            self.close()
            raise OutputError(
                f"{path}: expected a journal of max-whisper or no file, found another "
                "file; name one of your own"
            )
        if lines and lines[0]["identity"] != identity:
            self._keep_aside()
            lines = []
        if not lines:
            end = 0
        self._kept = {_place(line): _heard(line) for line in lines[1:]}
        file.seek(end)
        file.truncate()
        if not lines:
            self._write({"title": TITLE, "identity": identity})

    def find(self, walk: int, number: int) -> HeardWindow | None:
        """The window of a walk, both counted from 0."""
        return self._kept.get((walk, number))

    def keep(self, walk: int, number: int, heard: HeardWindow) -> None:
        """Write a window down; it is in the file when this returns."""
        self._write({"walk": walk, "window": number, **asdict(heard)})

    def _keep_aside(self) -> None:
        """What is in the file is another's, and may be hours of work."""
        aside = self._path.with_name(f"{self._path.name}.old")
        try:
            shutil.copyfile(self._path, aside)
        except OSError as error:
            self.close()
            raise _unwritable(aside, error) from error
        _log.warning(
            "%s: of other sound, or heard by another model, version or device or with "
            "other options; kept as %s, and begun anew",
            *(self._path, aside.name),
        )

    def _write(self, line: Line) -> None:
        left = f"{json.dumps(line)}\n".encode()
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise _unwritable(self._path, error) from error


@dataclass(frozen=True, slots=True)
class JournalPlan:
    """Where the journal of a recording is, and the model that hears it."""

    path: str | os.PathLike[str]
    model: str

    def open(self, mel: Mel, options: TranscribeOptions) -> Journal:
        """The journal of the recording that has this mel, whatever its batches."""
        options = replace(options, batch_size="auto")
        facts = f"{FORMAT} {__version__} {self.model} {options}"
        digest = hashlib.sha256(facts.encode())
        for start in range(0, len(mel.frames), BLOCK):
            digest.update(mel.frames[start : start + BLOCK].tobytes())
        return Journal(Path(self.path), digest.hexdigest())


def begin_anew(path: Path) -> None:
    """Remove what is in a journal's place, if anything is.

    Raises `OutputError` if it cannot be removed, or another transcription writes it.
    """
    if path.exists():
        file = _open(path)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(path, error) from error
        finally:
            file.close()


def _open(path: Path) -> FileIO:
    """A file that nobody else has open like this, begun if there is none.

    What is written is in the file at once, so that closing it cannot fail.
    """
    try:
        while True:
            path.touch()
            file = path.open("r+b", buffering=0)
            _lock(file)
            if _is_there(path, file):
                return file
            file.close()  # it was removed before it was locked
    except BlockingIOError as error:
        raise OutputError(
            f"{path}: expected a journal that nobody else writes, found one of another "
            "transcription; wait for it or end it, or name another file"
        ) from error
    except OSError as error:
        raise _unwritable(path, error) from error


def _lock(file: FileIO) -> None:
    """Keep others out. Raises `BlockingIOError` if they are at work."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            file.close()
            raise


def _is_there(path: Path, file: FileIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path}: expected a journal that can be written, found none "
        f"({error.strerror}); choose another folder"
    )


def _place(line: Line) -> tuple[int, int]:
    return line["walk"], line["window"]


def _heard(line: Line) -> HeardWindow:
    result, *words = (
        facts | {"tokens": tuple(facts["tokens"])}
        for facts in (line["result"], *line["words"])
    )
    timings = tuple(WordTiming(**word) for word in words)
    return HeardWindow(DecodingResult(**result), timings)


def _whole_lines(path: Path) -> tuple[list[Line], int]:
    """The lines of a file that are whole, and the byte after the last of them."""
    lines: list[Line] = []
    end = 0
    with path.open("rb") as file:
        for raw in file:
            try:
                line = json.loads(raw) if raw.endswith(b"\n") else None
            except ValueError:
                break
            if not isinstance(line, dict):
                break
            lines.append(line)
            end += len(raw)
    return lines, end
