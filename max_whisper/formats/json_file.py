"""The whole result as JSON, with the keys of `transcribe()` in openai/whisper."""

from __future__ import annotations

import json

from max_whisper.transcript import Transcript


def to_json(transcript: Transcript) -> str:
    """Text, segments and language on one line, in ASCII, without a line end."""
    return json.dumps(transcript.to_dict())
