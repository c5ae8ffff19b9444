"""Transcripts as files: txt, vtt, srt, tsv and json, as openai/whisper writes them."""

from max_whisper.formats.layout import SubtitleOptions
from max_whisper.formats.registry import FORMATS, render
from max_whisper.formats.subtitles import format_timestamp

__all__ = ["FORMATS", "SubtitleOptions", "format_timestamp", "render"]
