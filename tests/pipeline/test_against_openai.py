"""Whole recordings against `whisper.transcribe`, on the same invented logits."""

from __future__ import annotations

from typing import Any

import pytest

from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.transcript import transcript_text
from tests.fakes import (
    FakeEngine,
    FakeTokenizer,
    fake_config,
    numbered_mel,
    random_logits,
)

pytest.importorskip("whisper", reason="needs openai-whisper to compare with")

from tests.decoding.openai import shared_draw, their_transcribe
from tests.pipeline.recordings import segments_of

pytestmark = pytest.mark.filterwarnings("ignore")

SURE: dict[str, Any] = {"temperature": 0.0}
CHOICES: list[dict[str, Any]] = [
    {},
    SURE,
    {"temperature": (0, 0.4, 1.0), "beam_size": 3, "best_of": 2, "patience": 2.0},
    {**SURE, "logprob_threshold": None},
    {**SURE, "no_speech_threshold": None, "without_timestamps": True},
    {"temperature": (0.0, 0.8), "compression_ratio_threshold": 0.9},
    {"compression_ratio_threshold": None, "logprob_threshold": -1.2},
    {**SURE, "condition_on_previous_text": False},
    {**SURE, "initial_prompt": " one two, three "},
    {"initial_prompt": " one two three" * 3, "carry_initial_prompt": True},
    {**SURE, "initial_prompt": "a b c d" * 9, "carry_initial_prompt": True},
    {**SURE, "initial_prompt": "", "carry_initial_prompt": True},
    {**SURE, "clip_timestamps": "2.5,9.333,20,41.237,50"},
    {**SURE, "clip_timestamps": [1.115, 30.0, 12.0, 15.5, 40, 40.01]},
    {**SURE, "clip_timestamps": ""},
    {**SURE, "prefix": "two", "task": "translate", "language": "de"},
    {"temperature": 0.7, "best_of": 3, "sample_len": 12},
    {"word_timestamps": True},
    {**SURE, "word_timestamps": True, "clip_timestamps": "2.5,9.333,20,41.237"},
    {**SURE, "word_timestamps": True, "clip_timestamps": "2.5,9.333,40,40.05"},
    {**SURE, "word_timestamps": True, "hallucination_silence_threshold": 0.3},
    {"word_timestamps": True, "hallucination_silence_threshold": 2.0},
    {**SURE, "word_timestamps": True, "append_punctuations": "a", "language": "de"},
]
THEIR_DRAWS = ("avg_logprob", "no_speech_prob")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_segments_times_and_seeks_are_theirs(
    choices: dict[str, Any], seed: int
) -> None:
    tokenizer = FakeTokenizer(timestamps=[1501, 1501, 501, 1501][seed])
    seed = 31 * seed + CHOICES.index(choices)
    engine = FakeEngine(
        fake_config(tokenizer, context=[448, 64][seed % 2]),
        random_logits(tokenizer, seed),
        draw=shared_draw,
    )
    mel = numbered_mel(6000 + 37 * seed)
    keywords = {"language": "en", **choices}
    options = TranscribeOptions.from_keywords(**keywords)
    ours = list(segments_of(engine, tokenizer, mel, options))
    theirs = their_transcribe(engine, tokenizer, mel.frames, **keywords)

    assert len(ours) == len(theirs["segments"])
    for mine, other in zip(ours, theirs["segments"], strict=True):
        fields = mine.to_dict()
        assert list(fields) == list(other)
        for name in THEIR_DRAWS:
            assert fields.pop(name) == pytest.approx(other.pop(name), abs=1e-5)
        assert fields == other
    assert transcript_text(tokenizer, ours) == theirs["text"]
