"""`log_mel_spectrogram` of openai/whisper in NumPy, float64."""

from __future__ import annotations

import numpy as np

from max_whisper.features.mel_filters import mel_filters

HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)


def log_energies(framed: np.ndarray, num_mel_bins: int) -> np.ndarray:
    """Frames that overlap, cut from samples: `[n]` to `[frames, num_mel_bins]`."""
    frames = np.lib.stride_tricks.sliding_window_view(np.float64(framed), 400)[::160]
    power = np.abs(np.fft.rfft(frames * HANN)) ** 2
    return np.log10(np.maximum(power @ mel_filters(num_mel_bins).T, 1e-10))


def log_mel(samples: np.ndarray, num_mel_bins: int) -> np.ndarray:
    """Samples and 30 s of silence, mirrored at the ends, as `torch.stft` centres them.

    Like there, the last frame goes; then those that lie in the silence. What is left
    is that part of `samples`, though the loudest point may be anywhere.
    """
    padded = np.pad(np.float64(samples), (0, 480_000))
    centred = np.pad(padded, 200, mode="reflect")
    levels = log_energies(centred, num_mel_bins)[:-1]
    levels = np.maximum(levels, levels.max() - 8)
    return (levels[: samples.size // 160] + 4) / 4
