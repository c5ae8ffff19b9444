"""What is printed of a transcript: on standard output, but for what is left out."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from max_whisper.cli.messages import complain

if TYPE_CHECKING:
    from max_whisper.transcript import Dropped, Segment


def print_line(line: str) -> None:
    """Print at once; what the terminal cannot show becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), flush=True)


def print_segment(segment: Segment) -> None:
    """Print what was said and when, in a line; nothing for an empty segment."""
    from max_whisper.formats import format_timestamp

    if segment.text:
        start, end = format_timestamp(segment.start), format_timestamp(segment.end)
        print_line(f"[{start} --> {end}] {segment.text}")


def print_dropped(dropped: Iterable[Dropped]) -> None:
    """Print what was heard and left out, and why, on standard error."""
    from max_whisper.formats import format_timestamp

    for one in dropped:
        start, end = format_timestamp(one.start), format_timestamp(one.end)
        complain(f"left out, {one.reason}, {start} --> {end}: {one.text}")


def print_language(code: str) -> None:
    """Print which language was heard."""
    from max_whisper.languages import LANGUAGES

    print_line(f"Detected language: {LANGUAGES[code].title()}")


def print_speech(seconds: float | None, duration: float) -> None:
    """Print how much of a recording is speech, if that was asked."""
    if seconds is not None:
        print_line(f"Speech: {seconds:.1f} of {duration:.1f} seconds")
