"""The espeak-ng library: text to sound, and when each word of it is said.

Its program says no times, so the library is called. It has one state for the process,
and therefore speaks one text after another.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char,
    c_int,
    c_short,
    c_uint,
    c_void_p,
)
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LIBRARY = "libespeak-ng.so.1"
SYNCHRONOUS, CHARACTERS, UTF8 = 2, 1, 1
SPEED, PITCH = 1, 3
END_OF_EVENTS, WORD = 0, 1


class Event(Structure):
    """`espeak_EVENT` of `speak_lib.h`; `at` is in milliseconds."""

    _fields_ = (
        ("type", c_int),
        ("identifier", c_uint),
        ("text_position", c_int),
        ("length", c_int),
        ("at", c_int),
        ("sample", c_int),
        ("user_data", c_void_p),
        ("id", c_char * 8),
    )


Callback = CFUNCTYPE(c_int, POINTER(c_short), c_int, POINTER(Event))


class Speech(NamedTuple):
    """int16 samples at `rate`, and when each word of the text begins, in seconds."""

    samples: NDArray[np.int16]
    rate: int
    starts: Sequence[float]


@cache
def library() -> tuple[ctypes.CDLL, int]:
    """The library, ready to speak, and the sample rate of all its voices."""
    espeak = ctypes.CDLL(LIBRARY)
    rate = espeak.espeak_Initialize(SYNCHRONOUS, 0, None, 0)
    if rate <= 0:
        raise OSError(
            "expected espeak-ng's voices, found none; apt install espeak-ng-data"
        )
    return espeak, rate


def speak(text: str, voice: str, speed: int, pitch: int) -> Speech:
    """Say a text in a voice such as `en-us+f2`."""
    espeak, rate = library()
    parts: list[NDArray[np.int16]] = []
    heard: dict[int, float] = {}

    def receive(samples: c_void_p, count: int, events: Sequence[Event]) -> int:
        if samples and count:
            parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type != END_OF_EVENTS:
            event = events[index]
            if event.type == WORD:
                heard[event.text_position - 1] = event.at / 1000
            index += 1
        return 0

    callback = Callback(receive)
    espeak.espeak_SetSynthCallback(callback)
    if espeak.espeak_SetVoiceByName(voice.encode()) != 0:
        raise ValueError(f"expected a voice of espeak-ng, found {voice!r}")
    espeak.espeak_SetParameter(SPEED, speed, 0)
    espeak.espeak_SetParameter(PITCH, pitch, 0)
    data = text.encode()
    espeak.espeak_Synth(data, len(data) + 1, 0, CHARACTERS, 0, UTF8, None, None)
    samples = np.concatenate(parts)
    return Speech(samples, rate, word_starts(text, heard, len(samples) / rate))


def word_starts(text: str, heard: dict[int, float], seconds: float) -> list[float]:
    """When each word begins, from the times that were told for places in the text.

    Two words that are said as one share its time by their letters.
    """
    places = [match.start() for match in re.finditer(r"\S+", text)]
    known = sorted({0: 0.0, **heard}.items())
    ends = [*known[1:], (len(text), seconds)]
    spans = list(zip(known, ends, strict=True))

    def start(place: int) -> float:
        (first, begin), (last, end) = [s for s in spans if s[0][0] <= place][-1]
        return begin + (end - begin) * (place - first) / max(1, last - first)

    return [start(place) for place in places]
