"""Log-mel in PyTorch, as `max_whisper.features` computes it on MAX."""

from __future__ import annotations

import torch
from torch import Tensor

from max_whisper.audio.constants import HOP_LENGTH, N_FFT
from max_whisper.features.mel_filters import mel_filters


def log_mel(samples: Tensor, num_mel_bins: int, headroom: Tensor) -> Tensor:
    """Samples `[B, 160 · F]` to `[B, bins, F]`, eight decades deep.

    `headroom [B]` is how many decades louder the rest of the file is than its window.
    """
    spectrum = torch.stft(
        samples, N_FFT, HOP_LENGTH, window=torch.hann_window(N_FFT), return_complex=True
    )
    power = spectrum[..., :-1].abs() ** 2
    mel = torch.from_numpy(mel_filters(num_mel_bins)) @ power
    decades = mel.clamp(min=1e-10).log10()
    loudest = decades.amax(dim=(1, 2)) + headroom
    return (torch.maximum(decades, loudest[:, None, None] - 8) + 4) / 4


def mask(mel: Tensor, generator: torch.Generator) -> Tensor:
    """Hide a band of bins and a moment, as SpecAugment does."""
    batch, bins, frames = mel.shape
    band = spans(batch, bins, bins // 8, generator)
    moment = spans(batch, frames, 12, generator)
    hidden = band[:, :, None] | moment[:, None, :]
    return torch.where(hidden, mel.mean(dim=(1, 2), keepdim=True), mel)


def spans(count: int, length: int, longest: int, generator: torch.Generator) -> Tensor:
    """One random run of true in each of `count` rows of `length`."""
    size = torch.randint(0, longest + 1, (count, 1), generator=generator)
    start = torch.randint(0, length - longest, (count, 1), generator=generator)
    places = torch.arange(length)
    return (places >= start) & (places < start + size)
