"""How likely each frame is speech by its energy alone: without a model, at no cost.

A frame is as likely speech as it is louder than the noise around it. The noise is what
the quiet tenth of the seconds around a frame sounds like, so that steady noise, hum and
hiss of any level are no speech, and neither is a click.

Its limits: whatever comes and goes is taken for speech, such as music, barking, or a
fan in the seconds after it is turned on; and speech that is less than about 10 dB
louder than its background is lost. `silero.py` hears the difference.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from max_whisper.vad.frames import frames

MARGIN = 10.0
"""Decibels above the noise at which speech is as likely as not."""

SLOPE = 2.0
"""Decibels more that make the odds e times higher."""

LEAST_NOISE = -75.0
"""Decibels of full scale below which nothing is heard, however silent the rest is."""

QUIET_PERCENT = 10
"""The quietest part of the time, which is taken for the noise."""

BLOCK_FRAMES = 32
"""About a second, in which the noise stays the same."""

AROUND_FRAMES = 5 * BLOCK_FRAMES
"""What is heard before and after a block to know its noise."""

CLICK_FRAMES = 5
"""Most of so many frames (160 ms) must be loud: less is a click."""

PRE_EMPHASIS = 0.97
"""How much of each sample is taken off the next, against hum and rumble."""


def energy_probabilities(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The probability of speech in each frame of 32 ms of samples `[n]` at 16 kHz."""
    loudness = _decibels(samples)
    odds = np.exp((loudness - _noise(loudness) - MARGIN) / SLOPE)
    return _without_clicks(odds / (1 + odds))


def _decibels(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean energy of each frame, its deep tones weakened."""
    heard = frames(samples)
    heard[:, 1:] -= np.float32(PRE_EMPHASIS) * heard[:, :-1]
    energies = np.einsum("fs,fs->f", heard[:, 1:], heard[:, 1:]) / heard.shape[1]
    least = np.float32(10 ** (LEAST_NOISE / 10))
    decibels: NDArray[np.float32] = 10 * np.log10(np.maximum(energies, least))
    return decibels


def _noise(loudness: NDArray[np.float32]) -> NDArray[np.float32]:
    """The loudness of the noise around each frame, beyond the ends its mirror image."""
    rest = -len(loudness) % BLOCK_FRAMES
    padded = np.pad(loudness, (AROUND_FRAMES, rest + AROUND_FRAMES), mode="reflect")
    windows = sliding_window_view(padded, 2 * AROUND_FRAMES + BLOCK_FRAMES)
    quiet = np.percentile(windows[::BLOCK_FRAMES], QUIET_PERCENT, axis=1)
    return np.repeat(quiet.astype(np.float32), BLOCK_FRAMES)[: len(loudness)]


def _without_clicks(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """The median of each frame and its neighbours."""
    padded = np.pad(probabilities, CLICK_FRAMES // 2, mode="edge")
    median = np.median(sliding_window_view(padded, CLICK_FRAMES), axis=1)
    return np.asarray(median, np.float32)
