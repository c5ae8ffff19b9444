"""What a row's own text makes less likely or forbids, in every kind of search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from max_whisper.decoding.decode import decode
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult
from max_whisper.decoding.task import DecodingTask
from max_whisper.decoding.text_rules import TextRules, repeating
from max_whisper.engine.protocol import Bounds, Candidates, DecodingState
from tests.fakes import FakeEngine, FakeTokenizer, fake_config, random_logits

TOKENIZER = FakeTokenizer()
CONFIG = fake_config(TOKENIZER, 100)
FREE = Bounds(0, TOKENIZER.vocab_size, TOKENIZER.vocab_size, False)
SEARCHES: dict[str, dict[str, Any]] = {
    "greedy": {},
    "sampling": {"temperature": 0.8, "best_of": 3},
    "beams": {"beam_size": 3, "patience": 2.0},
}
in_every_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)


@dataclass
class Witness(FakeEngine):
    """Keeps the text that every row had said at every step, and the bounds it got."""

    seen: list[tuple[tuple[int, ...], Bounds]] = field(default_factory=list)

    def step(
        self,
        state: DecodingState,
        tokens: Sequence[int],
        bounds: Sequence[Bounds],
        **choices: Any,
    ) -> Candidates:
        found = super().step(state, tokens, bounds, **choices)
        prompt = TOKENIZER.sot_sequence("en", "transcribe")
        for past, bound in zip(state.memory.pasts, bounds, strict=True):
            self.seen.append((texts(past[len(prompt) :]), bound))
        return found


def texts(tokens: Sequence[int]) -> tuple[int, ...]:
    return tuple(token for token in tokens if token < TOKENIZER.eot)


def run(engine: FakeEngine, **choices: Any) -> DecodingResult:
    options = DecodingOptions(language="en", **choices)
    features = engine.encode(np.ones((1, 3000, 2), np.float32))
    [result] = decode(engine, TOKENIZER, features, [options])
    return result


def fond_of(words: str, seed: int) -> FakeEngine:
    """An engine that says anything, and these words often."""
    usual = random_logits(TOKENIZER, seed)
    fondness = np.zeros(TOKENIZER.vocab_size, np.float32)
    fondness[TOKENIZER.encode(words)] = 4
    return FakeEngine(CONFIG, lambda *heard: usual(*heard) + fondness)


def ngrams(result: DecodingResult, size: int) -> list[tuple[int, ...]]:
    text = texts(result.tokens)
    return [text[i : i + size] for i in range(len(text) - size + 1)]


def rules(**choices: Any) -> TextRules:
    return TextRules.plan(TOKENIZER, DecodingOptions(**choices))


@in_every_search
@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_ngram_comes_twice(search: dict[str, Any], size: int) -> None:
    def repeats(seed: int, **choices: Any) -> bool:
        result = run(fond_of(" one two", seed), **choices, **search)
        found = ngrams(result, size)
        return len(set(found)) < len(found)

    assert any(repeats(seed) for seed in range(4))
    assert not any(repeats(seed, no_repeat_ngram_size=size) for seed in range(4))


@in_every_search
def test_every_row_is_told_what_it_has_said_itself(search: dict[str, Any]) -> None:
    engine = Witness(CONFIG, random_logits(TOKENIZER, 1))
    run(engine, repetition_penalty=1.3, no_repeat_ngram_size=2, **search)
    assert any(bounds.banned for _, bounds in engine.seen)
    for text, bounds in engine.seen:
        assert bounds.said == tuple(sorted(set(text)))
        assert set(bounds.banned) == repeating(text, 2)


@in_every_search
def test_a_penalty_keeps_a_loop_from_going_on(search: dict[str, Any]) -> None:
    words = {" one": 6.0, " two": 5.0, " three": 4.0}
    logits = np.full(TOKENIZER.vocab_size, -9.0, np.float32)
    for word, value in words.items():
        logits[TOKENIZER.encode(word)] = value
    engine = FakeEngine(CONFIG, lambda window, past: logits)
    engine.draw = lambda warm, row, seed: int(np.argmax(warm))
    choices = {"without_timestamps": True, "max_new_tokens": 4, **search}
    assert run(engine, **choices).text == "one one one one"
    penalised = run(engine, repetition_penalty=2.0, **choices).text
    assert set(penalised.split()[:3]) == {"one", "two", "three"}


def test_a_penalised_token_tells_its_penalised_log_probability() -> None:
    logits = np.full(TOKENIZER.vocab_size, -np.inf, np.float32)
    [one], [two] = TOKENIZER.encode(" one"), TOKENIZER.encode(" two")
    logits[one], logits[two] = 4.0, 1.0
    engine = FakeEngine(CONFIG, lambda window, past: logits)
    choices = {"without_timestamps": True, "max_new_tokens": 2}
    found = run(engine, repetition_penalty=2.0, **choices)
    assert found.text == "one one"
    expected = -np.log1p(np.exp(-3.0)) - np.log1p(np.exp(-1.0))
    assert found.avg_logprob == pytest.approx(expected / 3)


@in_every_search
@pytest.mark.parametrize("forbidden", ["one", "a", "One two", ["three", " cab"]])
def test_a_forbidden_text_is_not_said(
    search: dict[str, Any], forbidden: str | list[str]
) -> None:
    phrases = [forbidden] if isinstance(forbidden, str) else forbidden
    words = [phrase.strip().lower() for phrase in phrases]

    def says_one(seed: int, **choices: Any) -> bool:
        engine = fond_of(" " + " ".join(words), seed)
        text = run(engine, **choices, **search).text
        return any(word in text for word in words)

    assert any(says_one(seed) for seed in range(4))
    assert not any(says_one(seed, suppress_text=forbidden) for seed in range(4))


@in_every_search
def test_a_window_has_no_more_new_tokens_than_asked(search: dict[str, Any]) -> None:
    engine = fond_of(" one", 3)
    usual, short = (run(engine, max_new_tokens=n, **search) for n in (None, 7))
    assert len(usual.tokens) > 7 >= len(short.tokens)


def test_new_tokens_are_half_of_the_context_as_ever() -> None:
    steps = {
        n: DecodingTask.plan(
            TOKENIZER, DecodingOptions(language="en", max_new_tokens=n), CONFIG
        ).steps
        for n in (None, 7, 60, 500)
    }
    assert steps == {None: 50, 7: 7, 60: 60, 500: 98}


def test_by_default_nothing_is_penalised_or_banned() -> None:
    options = DecodingOptions(language="en")
    task = DecodingTask.plan(TOKENIZER, options, CONFIG)
    assert task.rules.repetition_penalty == 1
    said = TOKENIZER.spell(0.0, " one one one")
    assert task.bounds(said) == task.timestamps.bounds(said)


def test_times_are_neither_said_nor_part_of_an_ngram() -> None:
    one, two, again = TOKENIZER.spell(" one"), TOKENIZER.spell(" two"), [*range(3)]
    said = TOKENIZER.spell(0.0, " one two", 1.0, 1.0, " one", 2.0)
    found = rules(repetition_penalty=1.5, no_repeat_ngram_size=2).add_to(FREE, said)
    assert found.said == (*one, *two)
    assert found.banned == two
    assert rules(no_repeat_ngram_size=1).add_to(FREE, again).said == ()


def test_the_prompt_and_the_prefix_are_not_said() -> None:
    engine = Witness(CONFIG, random_logits(TOKENIZER, 1))
    words = {"prompt": " one two", "prefix": " one two"}
    run(engine, no_repeat_ngram_size=1, repetition_penalty=2.0, **words)
    assert engine.seen[0][1].said == engine.seen[0][1].banned == ()
