"""What the command says besides its results: all of it on standard error."""

from __future__ import annotations

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
    with _bars(shown=True) as bars:
        task = bars.add_task(name, total=None)
        yield lambda progress: bars.update(
            task, completed=progress.done_frames, total=progress.total_frames
        )


@contextmanager
def progress_bars(
    files: Sequence[str], *, shown: bool
) -> Iterator[Callable[[int, Progress], None]]:
    """Show how many files are done, and how much of each that is being heard."""
    with _bars(shown=shown) as bars:
        every = bars.add_task(f"{len(files)} files", total=len(files))
        tasks = [
            bars.add_task(os.path.basename(file), total=None, visible=False)
            for file in files
        ]

        def show(index: int, progress: Progress) -> None:
            done, total = progress.done_frames, progress.total_frames
            bars.update(tasks[index], completed=done, total=total, visible=done < total)
            if done == total:
                bars.advance(every)

        yield show


def _bars(*, shown: bool) -> Bars:
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
    return Bars(*columns, console=console, disable=not (shown and console.is_terminal))
