"""Windows side by side, and the attempts of each: the text is that of windows alone."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from max_whisper.decoding.result import DecodingResult
from max_whisper.engine.protocol import Mel
from max_whisper.pipeline import batches
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.recording import walks_through
from max_whisper.transcript import Segment
from tests.fakes import (
    FakeEngine,
    FakeTokenizer,
    Script,
    ScriptedEngine,
    fake_config,
    numbered_mel,
    random_logits,
)

TOKENIZER = FakeTokenizer()
WORDS = TOKENIZER.spell(0.0, " one two", 1.0)
LOOP = TOKENIZER.spell(0.0, " one two" * 20, 1.0)
LENGTHS = (7000, 300, 12_345, 3000, 6100, 9999)


def recordings() -> list[Mel]:
    """Recordings of which no window is in another."""
    return [Mel(numbered_mel(n).frames + 20_000 * i) for i, n in enumerate(LENGTHS)]


class Watched(FakeEngine):
    """Notes how many windows swap places, and the sizes of all batches."""

    def __init__(self) -> None:
        super().__init__(fake_config(TOKENIZER), random_logits(TOKENIZER, 11))
        self.swapped: list[int] = []
        self.sizes: list[int] = []

    def swap(self, state: Any, windows: Any, *rest: Any, **more: Any) -> Any:
        self.swapped.append(len(windows))
        return super().swap(state, windows, *rest, **more)

    def step(self, state: Any, *rest: Any, **more: Any) -> Any:
        self.sizes.append(state.batch)
        return super().step(state, *rest, **more)


def heard(
    batch_size: int, engine: FakeEngine | None = None, **choices: Any
) -> tuple[dict[int, list[Segment]], int]:
    """The segments of each recording, and how often the engine was asked."""
    engine = engine or Watched()
    options = TranscribeOptions.from_keywords(language="en", **choices)
    walks = (
        (index, walk)
        for index, mel in enumerate(recordings())
        for walk in walks_through(engine, TOKENIZER, mel, options)
    )
    segments: dict[int, list[Segment]] = defaultdict(list)
    for index, _, found in batches.hear(engine, TOKENIZER, walks, batch_size):
        segments[index] += found
    return segments, len(engine.samplings)


SURE = {"logprob_threshold": None, "compression_ratio_threshold": None}
CHOICES: list[dict[str, Any]] = [
    SURE,
    {"temperature": (0.0, 0.5, 1.0)},
    {"compression_ratio_threshold": 0.9, "temperature": (0.0, 0.7)},
    {"beam_size": 3, "best_of": 2, "temperature": (0.0, 0.4)},
    {"word_timestamps": True},
    {"condition_on_previous_text": False, "initial_prompt": " one"},
    {"multilingual": True, "language_detection_threshold": 0.6, **SURE},
]


@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_a_batch_of_any_size_gives_the_same_text(choices: dict[str, Any]) -> None:
    alone, steps = heard(1, **choices)
    assert sum(map(len, alone.values())) > len(LENGTHS)
    for batch_size in (2, 4, 8, 16):
        together, fewer = heard(batch_size, **choices)
        assert together == alone
        assert fewer < steps


def test_languages_mix_in_that_test() -> None:
    alone, _ = heard(1, **CHOICES[-1])
    mixed = [{s.language for s in segments} for segments in alone.values()]
    assert any(len(languages) > 1 for languages in mixed)


def test_only_some_windows_fall_back_in_that_test() -> None:
    alone, _ = heard(1, **CHOICES[1])
    temperatures = {s.temperature for segments in alone.values() for s in segments}
    assert len(temperatures) > 1


def test_windows_join_a_batch_as_others_end() -> None:
    engine = Watched()
    heard(4, engine, **SURE)
    assert len(engine.swapped) > 3
    assert {*engine.swapped} <= {1, 2}
    # One batch from the beginning to the end, in which no place is empty for long.
    assert engine.sizes == sorted(engine.sizes, reverse=True)


def test_a_window_that_is_tried_again_joins_those_of_other_temperatures() -> None:
    engine = Watched()
    heard(4, engine, temperature=(0.0, 0.5, 1.0))
    mixed = [{*s.temperatures} for s in engine.samplings if s]
    assert any(len(temperatures) > 1 for temperatures in mixed)


def test_windows_with_other_rows_are_batches_of_their_own() -> None:
    engine = Watched()
    heard(4, engine, best_of=3, temperature=(0.0, 0.5))
    drawn = [len(s.temperatures) for s in engine.samplings if s]
    assert {rows % 3 for rows in drawn} == {0}
    assert max(drawn) > 3
    assert None in engine.samplings


def test_walks_are_asked_for_when_there_is_room() -> None:
    engine = FakeEngine(fake_config(TOKENIZER), random_logits(TOKENIZER, 11))
    options = TranscribeOptions.from_keywords(language="en", **SURE)
    asked: list[int] = []

    def walks() -> Any:
        for index, mel in enumerate(recordings()):
            asked.append(index)
            yield index, *walks_through(engine, TOKENIZER, mel, options)

    found = batches.hear(engine, TOKENIZER, walks(), batch_size=2)
    next(found)
    assert asked == [0, 1]


def attempts(scripts: list[Script], **choices: Any) -> tuple[float, ScriptedEngine]:
    """The temperature of the accepted text, and the engine that was asked."""
    engine = ScriptedEngine(TOKENIZER, scripts)
    options = TranscribeOptions.from_keywords(
        language="en", beam_size=2, best_of=3, **choices
    )
    [walk] = walks_through(engine, TOKENIZER, numbered_mel(3000), options)
    accepted: list[DecodingResult] = []
    go_on = walk.go_on
    walk.go_on = lambda heard: accepted.append(heard.result) or go_on(heard)
    list(batches.hear(engine, TOKENIZER, [(0, walk)], 1))
    return accepted[0].temperature, engine


def test_the_first_text_that_will_do_is_taken() -> None:
    temperature, engine = attempts([Script(LOOP), Script(WORDS, -3.0), Script(WORDS)])
    assert temperature == 0.4
    sampled = {s.temperatures[0] if s else 0.0 for s in engine.samplings}
    assert sampled == {0.0, 0.2, 0.4}


def test_the_last_text_is_taken_if_none_will_do() -> None:
    temperature, _ = attempts([Script(LOOP)] * 2, temperature=(0.0, 1.0))
    assert temperature == 1.0


def test_silence_is_accepted_at_once() -> None:
    temperature, _ = attempts([Script(WORDS, -3.0, no_speech=0.9)])
    assert temperature == 0.0
