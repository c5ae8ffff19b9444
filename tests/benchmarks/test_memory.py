from __future__ import annotations

import numpy as np

from benchmarks.memory import Generated
from max_whisper.audio.load import load_audio


def test_a_generated_recording_is_a_file_of_its_length() -> None:
    samples = load_audio(Generated(7))
    assert samples.size == 7 * 16_000
    again = load_audio(Generated(9))
    np.testing.assert_array_equal(again[: samples.size], samples)
