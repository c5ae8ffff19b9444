"""The model in the box, loaded once, and its sample as samples."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest

import max_whisper
from max_whisper import Whisper, demo
from max_whisper.audio.load import load_audio
from tests.compiled import keep_compiled
from tests.demo.sample import LONG

DEVICE = os.environ.get("MAX_WHISPER_TEST_DEVICE", "cpu")


@pytest.fixture(scope="package")
def model(pytestconfig: pytest.Config) -> Iterator[Whisper]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        keep_compiled(pytestconfig, monkeypatch)
        with max_whisper.load_model("demo", device=DEVICE) as loaded:
            yield loaded


@pytest.fixture(scope="package")
def sample() -> np.ndarray:
    return load_audio(demo.SAMPLE)


@pytest.fixture(scope="package")
def long_sample() -> np.ndarray:
    return load_audio(LONG)
