"""The conductors: a recording in, segments out."""

from max_whisper.pipeline.language import choose_language
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.sequential import Progress, transcribe
from max_whisper.pipeline.transcript import transcript_text

__all__ = [
    "Progress",
    "TranscribeOptions",
    "choose_language",
    "transcribe",
    "transcript_text",
]
