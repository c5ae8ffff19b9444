"""Every error that max-whisper raises on purpose.

    MaxWhisperError                 catch this one to catch them all
    ├── AudioError                  a sound that cannot be read
    ├── CheckpointError             weights that cannot be found or are not a Whisper
    ├── OptionError                 a choice that is unknown or cannot be honoured
    ├── OutputError                 a result that cannot be written
    └── DeviceError                 a device that cannot be used

Each message says what was expected, what was found and what to do.
"""


class MaxWhisperError(Exception):
    """The root of the tree: everything a user can mend."""


class AudioError(MaxWhisperError):
    """Sound that is missing, empty or not sound at all."""


class CheckpointError(MaxWhisperError):
    """Weights, config or tokenizer that are missing or do not fit together."""


class OptionError(MaxWhisperError, ValueError):
    """An option that is unknown, out of range, or that this model cannot honour."""


class OutputError(MaxWhisperError):
    """A transcript that cannot be written where it was asked for."""


class DeviceError(MaxWhisperError):
    """A device that is absent, without a driver, too small, or not to be trusted."""
