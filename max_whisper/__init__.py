"""OpenAI's Whisper on Modular MAX: speech in, exact words out, without PyTorch.

    import max_whisper

    with max_whisper.load_model("tiny.en") as model:
        print(model.transcribe("speech.mp3").text)

Names are loaded when they are first used, so that `import max_whisper` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from max_whisper.version import __version__

if TYPE_CHECKING:
    from max_whisper.api import DetectedLanguage, Whisper, load_model
    from max_whisper.config import WhisperConfig
    from max_whisper.errors import (
        AudioError,
        CheckpointError,
        DeviceError,
        MaxWhisperError,
        OptionError,
        OutputError,
    )
    from max_whisper.languages import LANGUAGES
    from max_whisper.pipeline.many import Outcome
    from max_whisper.pipeline.recording import Progress
    from max_whisper.pipeline.stream import SegmentStream
    from max_whisper.transcript import Dropped, Segment, Transcript, Word

__all__ = [
    "LANGUAGES",
    "AudioError",
    "CheckpointError",
    "DetectedLanguage",
    "DeviceError",
    "Dropped",
    "MaxWhisperError",
    "OptionError",
    "Outcome",
    "OutputError",
    "Progress",
    "Segment",
    "SegmentStream",
    "Transcript",
    "Whisper",
    "WhisperConfig",
    "Word",
    "__version__",
    "load_model",
]

_ROOMS = {
    "api": ("DetectedLanguage", "Whisper", "load_model"),
    "config": ("WhisperConfig",),
    "errors": (
        "AudioError",
        "CheckpointError",
        "DeviceError",
        "MaxWhisperError",
        "OptionError",
        "OutputError",
    ),
    "languages": ("LANGUAGES",),
    "pipeline.many": ("Outcome",),
    "pipeline.recording": ("Progress",),
    "pipeline.stream": ("SegmentStream",),
    "transcript": ("Dropped", "Segment", "Transcript", "Word"),
}


def __getattr__(name: str) -> Any:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(f"max_whisper.{room}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
