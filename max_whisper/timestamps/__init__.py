"""Tokens to seconds: where segments begin and end, and where to listen next."""

from max_whisper.timestamps.segments import Cut, TimedTokens, split_segments
from max_whisper.timestamps.window import Window

__all__ = ["Cut", "TimedTokens", "Window", "split_segments"]
