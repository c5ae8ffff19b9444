"""Slaney's mel filters, as `librosa.filters.mel` makes and openai/whisper has them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import N_FFT, SAMPLE_RATE

_HZ_PER_MEL = 200.0 / 3
_LOG_BEGIN_HZ = 1000.0
_LOG_BEGIN_MEL = _LOG_BEGIN_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


def mel_filters(num_mel_bins: int) -> NDArray[np.float32]:
    """Triangles of equal area over the bins of the transform: `[num_mel_bins, 201]`."""
    bins = np.linspace(0.0, SAMPLE_RATE / 2, N_FFT // 2 + 1)
    highest = _hz_to_mel(SAMPLE_RATE / 2)
    corners = _mel_to_hz(np.linspace(0.0, highest, num_mel_bins + 2))
    widths = np.diff(corners)
    slopes = corners[:, None] - bins[None, :]
    rising = -slopes[:-2] / widths[:-1, None]
    falling = slopes[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    areas = 2.0 / (corners[2:] - corners[:-2])
    return np.asarray(triangles * areas[:, None], np.float32)


def _hz_to_mel(hz: float) -> float:
    """Linear below 1 kHz, logarithmic above."""
    if hz < _LOG_BEGIN_HZ:
        return hz / _HZ_PER_MEL
    return float(_LOG_BEGIN_MEL + np.log(hz / _LOG_BEGIN_HZ) / _LOG_STEP)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = mel * _HZ_PER_MEL
    logarithmic = _LOG_BEGIN_HZ * np.exp(_LOG_STEP * (mel - _LOG_BEGIN_MEL))
    return np.asarray(np.where(mel < _LOG_BEGIN_MEL, linear, logarithmic))
