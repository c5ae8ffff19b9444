from __future__ import annotations

import numpy as np
import pytest

from max_whisper.audio.constants import SAMPLE_RATE
from training import scenes
from training.digits import Recording
from training.scenes import Sources, play_after, scene, silence
from training.voices import Bank

TONE = np.sin(np.arange(SAMPLE_RATE // 2) * 0.2).astype(np.float32)
WORD = Bank(
    ["four"],
    np.array([TONE.size]),
    (TONE * 32767).astype(np.int16),
    [np.zeros(1, np.float32)],
)
PIECE = (3000 * np.sin(np.arange(SAMPLE_RATE) * 0.05)).astype(np.int16)
ENDING = round(scenes.LONGEST_ENDING * SAMPLE_RATE)


def sources(music: list[np.ndarray], no_speech_share: float = 0.0) -> Sources:
    """One person and one machine, who say one digit."""
    people = [[Recording("four", "somebody", 0, TONE)]]
    return Sources(people, WORD, WORD, music, 1.0, no_speech_share)


def test_music_begins_after_what_was_said() -> None:
    for seed in range(20):
        samples = np.full(4 * SAMPLE_RATE, 0.5, np.float32)
        play_after(np.random.default_rng(seed), 2.0, samples, [PIECE])
        changed = np.flatnonzero(samples != 0.5)
        assert changed.min(initial=len(samples)) >= 2.1 * SAMPLE_RATE


def test_there_is_no_music_where_no_room_is_left() -> None:
    samples = np.full(2 * SAMPLE_RATE, 0.5, np.float32)
    play_after(np.random.default_rng(0), 1.9, samples, [PIECE])
    assert (samples == 0.5).all()


def test_a_window_of_silence_may_begin_with_the_last_of_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scenes, "no_speech", lambda _, length, __: np.zeros(length))
    windows = [
        silence(np.random.default_rng(seed), SAMPLE_RATE, sources([]))
        for seed in range(40)
    ]
    begun = [window for window in windows if window.any()]
    assert 0 < len(begun) < len(windows)
    assert not any(window[ENDING:].any() for window in begun)


def test_segments_lie_in_their_window_one_after_another() -> None:
    for seed in range(40):
        made = scene(np.random.default_rng(seed), sources([PIECE]), 8)
        times = [time for s in made.segments for time in (s.start, s.end)]
        assert times == sorted(times)
        assert max(times, default=0.0) <= 8
        assert len(made.samples) == 8 * SAMPLE_RATE


def test_a_window_in_which_nobody_speaks_has_no_segments() -> None:
    made = scene(np.random.default_rng(0), sources([PIECE], no_speech_share=1.0), 8)
    assert (made.segments, made.words, made.cut) == ([], (), None)
