"""The rules as data allow exactly what OpenAI's logit filters leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.rules import timestamp_rules, token_rules
from max_whisper.errors import OptionError
from tests.fakes import FakeTokenizer, Logits, apply_rules, fake_config, log_softmax

TOKENIZER = FakeTokenizer(timestamps=60)
CONFIG = fake_config(TOKENIZER)
NEVER = -np.inf


def filtered(
    logits: Logits, sampled: Sequence[int], options: DecodingOptions
) -> Logits:
    """The logit filters of openai/whisper on one row, written down plainly."""
    t = TOKENIZER
    logits = logits.copy()
    if options.suppress_blank and not sampled:
        logits[[*t.encode(" "), t.eot]] = NEVER
    if options.suppress_tokens:
        logits[[t.transcribe, t.translate, t.sot]] = NEVER
        logits[[t.sot_prev, t.sot_lm, t.no_speech]] = NEVER
        ids = options.suppressed_ids()
        logits[[i for i in ids if i >= 0]] = NEVER
        if -1 in ids:
            logits[list(t.non_speech_tokens)] = NEVER
    if not options.without_timestamps:
        filter_timestamps(logits, sampled, options.max_initial_timestamp)
    return logits


def filter_timestamps(
    logits: Logits, sampled: Sequence[int], latest_first: float | None
) -> None:
    begin = TOKENIZER.timestamp_begin
    logits[TOKENIZER.no_timestamps] = NEVER
    last_is_time = len(sampled) >= 1 and sampled[-1] >= begin
    one_before_is_time = len(sampled) < 2 or sampled[-2] >= begin
    if last_is_time and one_before_is_time:
        logits[begin:] = NEVER
    elif last_is_time:
        logits[: TOKENIZER.eot] = NEVER
    times = [token for token in sampled if token >= begin]
    if times:
        may_repeat = last_is_time and not one_before_is_time
        logits[begin : times[-1] + (0 if may_repeat else 1)] = NEVER
    if not sampled:
        logits[:begin] = NEVER
        if latest_first:
            logits[begin + round(latest_first / 0.02) + 1 :] = NEVER
    logprobs = log_softmax(logits)
    with np.errstate(divide="ignore"):
        mass = np.log(np.exp(logprobs[begin:]).sum())
    if mass > logprobs[:begin].max():
        logits[:begin] = NEVER


@settings(max_examples=300, deadline=None)
@given(
    sampled=st.lists(st.integers(0, TOKENIZER.vocab_size - 1), max_size=8),
    times_bias=st.sampled_from([-9.0, -3.0, 0.0, 3.0]),
    seed=st.integers(0, 1000),
    without_timestamps=st.booleans(),
    max_initial_timestamp=st.sampled_from([None, 0, 0.03, 0.5, 1.0, 30.0]),
    suppress_tokens=st.sampled_from([None, "", "-1", "3,-1,5", (1, 2), "4"]),
    suppress_blank=st.booleans(),
)
def test_what_is_left_is_what_the_filters_leave(
    sampled: list[int], times_bias: float, seed: int, **choices: object
) -> None:
    options = DecodingOptions(**choices)
    logits = np.random.default_rng(seed).normal(0, 2, TOKENIZER.vocab_size)
    logits = logits.astype(np.float32)
    logits[TOKENIZER.timestamp_begin :] += np.float32(times_bias)
    wanted = filtered(logits, sampled, options)
    if not np.isfinite(wanted).any():
        return  # no token is left, by either
    bounds = timestamp_rules(TOKENIZER, options, CONFIG).bounds(sampled)
    rules = token_rules(TOKENIZER, options, CONFIG)
    np.testing.assert_array_equal(apply_rules(logits, rules, bounds), wanted)


def test_ids_beyond_the_vocabulary_are_refused() -> None:
    options = DecodingOptions(suppress_tokens="50000")
    with pytest.raises(OptionError, match="found 50000"):
        token_rules(TOKENIZER, options, CONFIG)


@pytest.mark.parametrize("without_timestamps", [True, False])
def test_what_fills_a_vocabulary_up_never_comes(without_timestamps: bool) -> None:
    tokenizer = FakeTokenizer(timestamps=1501)
    end = tokenizer.timestamp_begin + 1501
    config = replace(fake_config(tokenizer), vocab_size=end + 7)
    options = DecodingOptions(without_timestamps=without_timestamps)
    rules = token_rules(tokenizer, options, config)
    assert rules.suppressed[end:].all()
    assert not rules.suppressed[end - 1]
