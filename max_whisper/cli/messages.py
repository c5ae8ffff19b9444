"""What the command says besides its results: all of it on standard error."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from max_whisper.pipeline.recording import Progress


def complain(message: str) -> None:
    """Say what went wrong, in one line."""
    print(f"max-whisper: {' '.join(message.split())}", file=sys.stderr)


class Complaints(logging.Handler):
    """Says what the library warns of."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it in one line."""
        complain(record.getMessage())


@contextmanager
def warnings_told() -> Iterator[None]:
    """Within, what the library warns of is a line like any other."""
    log, complaints = logging.getLogger("max_whisper"), Complaints()
    log.addHandler(complaints)
    try:
        yield
    finally:
        log.removeHandler(complaints)


@contextmanager
def spinner(reason: str) -> Iterator[None]:
    """Show that work is going on and why; without a terminal, say it once."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(reason):
            yield
    else:
        print(reason, file=sys.stderr, flush=True)
        yield


@contextmanager
def progress_bar(name: str) -> Iterator[Callable[[Progress], None]]:
    """Show how much of the sound `name` is done; without a terminal, nothing."""
    with _bars() as bars:
        task = bars.add_task(name, total=None)
        yield lambda progress: bars.update(
            task, completed=progress.done_frames, total=progress.total_frames
        )


class FileBars:
    """How many files are done, and how much of each that is being heard."""

    def __init__(self, bars: Bars, files: Sequence[str]) -> None:
        self._bars = bars
        self._all = bars.add_task(f"{len(files)} files", total=len(files))
        self._tasks = [
            bars.add_task(os.path.basename(file), total=None, visible=False)
            for file in files
        ]

    def show(self, index: int, progress: Progress) -> None:
        """Show how far a file is."""
        done, total = progress.done_frames, progress.total_frames
        self._bars.update(self._tasks[index], completed=done, total=total, visible=True)

    def finish(self, index: int) -> None:
        """Count a file, whose bar goes."""
        self._bars.update(self._tasks[index], visible=False)
        self._bars.advance(self._all)


@contextmanager
def progress_bars(files: Sequence[str]) -> Iterator[FileBars]:
    """Show one bar for all files and one for each; without a terminal, nothing."""
    with _bars() as bars:
        yield FileBars(bars, files)


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    # Else what is printed goes to the console too, where bars and results share one.
    shares = sys.stdout.isatty()
    off = not console.is_terminal
    return Bars(*columns, console=console, disable=off, redirect_stdout=shares)
