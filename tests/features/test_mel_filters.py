"""Slaney's mel filters, derived anew."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from max_whisper.features.mel_filters import mel_filters

BINS_HZ = np.arange(201) * 40.0


def to_mel(hz: float) -> float:
    """Slaney's scale: 15 mels to 1 kHz, then 27 for every factor of 6.4."""
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)


def to_hz(mel: float) -> float:
    return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)


def corners(bins: int) -> list[float]:
    return [to_hz(i * to_mel(8000) / (bins + 1)) for i in range(bins + 2)]


@pytest.mark.parametrize("bins", [80, 128])
def test_each_filter_is_a_triangle_between_its_neighbours(bins: int) -> None:
    edges = corners(bins)
    expected = [
        np.interp(BINS_HZ, edges[i : i + 3], [0, 2 / (edges[i + 2] - edges[i]), 0])
        for i in range(bins)
    ]
    found = mel_filters(bins)
    assert found.shape == (bins, 201)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("bins", [80, 128])
def test_wide_filters_have_an_area_of_one(bins: int) -> None:
    """A sum over bins 40 Hz apart comes near the area where a triangle is wide."""
    widths = np.array(corners(bins))[2:] - np.array(corners(bins))[:-2]
    wide = widths > 6 * 40
    assert wide.any()
    np.testing.assert_allclose(40 * mel_filters(bins)[wide].sum(axis=1), 1, rtol=0.05)


@pytest.mark.parametrize("bins", [80, 128])
def test_the_peaks_climb(bins: int) -> None:
    peaks = mel_filters(bins).argmax(axis=1)
    assert (np.diff(peaks) >= 0).all()
    assert peaks[0] > 0
    assert peaks[-1] < 200


@pytest.mark.parametrize("bins", [80, 128])
def test_they_are_those_that_openai_ships(bins: int) -> None:
    spec = find_spec("whisper")
    if spec is None or spec.origin is None:
        pytest.skip("needs openai-whisper, which .venv-parity has")
    with np.load(Path(spec.origin).parent / "assets" / "mel_filters.npz") as theirs:
        np.testing.assert_allclose(mel_filters(bins), theirs[f"mel_{bins}"], atol=1e-7)
