"""From what the alignment heads saw to the times of words."""

from __future__ import annotations

import numpy as np
import pytest

from max_whisper.engine.protocol import EncodedWindow
from max_whisper.timestamps.alignment import Heard, Said, find_alignment
from tests.fakes import FakeEngine, FakeTokenizer, fake_config, random_logits

TOKENIZER = FakeTokenizer()
ENGINE = FakeEngine(fake_config(TOKENIZER), random_logits(TOKENIZER, 0))
FRAMES = 400


def words_of(text: str) -> list[tuple[str, float, float, float]]:
    window = np.ones((1, 3000, 2), np.float32)
    found = find_alignment(
        ENGINE,
        TOKENIZER,
        Heard(EncodedWindow(ENGINE.encode(window), 0), FRAMES),
        Said(TOKENIZER.encode(text), "en", TOKENIZER.sot_sequence("en", "transcribe")),
    )
    return [(t.word, t.start, t.end, t.probability) for t in found]


def test_words_follow_each_other_through_the_sound() -> None:
    found = words_of(" one two, three")
    assert [word for word, *_ in found] == [" one", " two", ",", " three"]
    starts = [start for _, start, _, _ in found]
    assert starts == sorted(starts)
    ends = [end for _, _, end, _ in found]
    assert ends[:-1] == starts[1:]
    assert starts[0] >= 0 and ends[-1] <= FRAMES / 100


def test_a_word_is_as_sure_as_its_tokens_on_average() -> None:
    [(word, _, _, sure)] = words_of(" onea")
    assert word == " onea"
    logprobs = [ENGINE.alignment_logprob(t) for t in TOKENIZER.encode(" onea")]
    assert sure == pytest.approx(np.mean(np.exp(logprobs)), rel=1e-5)


def test_without_text_there_are_no_words() -> None:
    assert words_of("") == []


def test_a_window_of_one_frame_and_a_text_that_is_too_long_are_no_error() -> None:
    window = np.ones((1, 3000, 2), np.float32)
    start = TOKENIZER.sot_sequence("en", "transcribe")
    long = Said(TOKENIZER.encode(" one" * 500), "en", start)
    heard = Heard(EncodedWindow(ENGINE.encode(window), 0), 1)
    found = find_alignment(ENGINE, TOKENIZER, heard, long)
    assert len(found) == ENGINE.config.max_target_positions - len(start) - 2
    assert {(timing.start, timing.end) for timing in found} == {(0.0, 0.0)}
