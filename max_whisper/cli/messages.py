"""What the command says besides its results: all of it on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from max_whisper.pipeline.sequential import Progress


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
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda progress: bar.update(
            task, completed=progress.done_frames, total=progress.total_frames
        )
