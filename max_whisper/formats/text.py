"""Plain text, and a table with times."""

from __future__ import annotations

from max_whisper.transcript import Segment, Transcript


def to_txt(transcript: Transcript) -> str:
    """One line a segment."""
    return "".join(f"{segment.text.strip()}\n" for segment in transcript.segments)


def to_tsv(transcript: Transcript) -> str:
    """Start, end and text of every segment, separated by tabs; times in whole ms."""
    return "start\tend\ttext\n" + "".join(map(_row, transcript.segments))


def _row(segment: Segment) -> str:
    start, end = round(1000 * segment.start), round(1000 * segment.end)
    text = segment.text.strip().replace("\t", " ")
    return f"{start}\t{end}\t{text}\n"
