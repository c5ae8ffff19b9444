"""Windows to text, at one temperature: `DecodingTask.run` of openai/whisper.

options ─▶ task ─▶ prefill ─▶ (bounds ─▶ step ─▶ search) … ─▶ best ─▶ result

Windows are decoded side by side, and none of them knows the others: each has its own
prompt, its own search and its own end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from max_whisper.decoding.line import Line
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult, compression_ratio
from max_whisper.decoding.search import best
from max_whisper.decoding.task import DecodingTask
from max_whisper.engine.protocol import (
    AudioFeatures,
    DecodingState,
    Engine,
    Sampling,
)
from max_whisper.tokenizer import Tokenizer

WORTH_LEAVING = 0.75
"""The part of a batch that goes on when the rest is worth leaving behind."""


def decode(
    engine: Engine,
    tokenizer: Tokenizer,
    features: AudioFeatures,
    options: Sequence[DecodingOptions],
) -> list[DecodingResult]:
    """Decode every window of `features`, each with the options at its place.

    They may differ in prompt, prefix and language only: see `shared`. Raises
    `OptionError` for options that exclude each other or that the model cannot honour,
    and if a multilingual model is not told the language.
    """
    tasks = [DecodingTask.plan(tokenizer, each, engine.config) for each in options]
    state = _prefill(engine, features, tasks)
    silences = np.exp(state.probes[:, 0]).tolist()
    lines = [Line(task, tokenizer.eot) for task in tasks]
    _run(engine, state, lines)
    return [
        _result(tokenizer, line, silence)
        for line, silence in zip(lines, silences, strict=True)
    ]


def shared(options: DecodingOptions) -> DecodingOptions:
    """What must be the same for windows to be decoded side by side."""
    return replace(options, prompt=None, prefix=None, language=None)


def _prefill(
    engine: Engine, features: AudioFeatures, tasks: Sequence[DecodingTask]
) -> DecodingState:
    """Let every window's rows read its prompt."""
    positions = tuple(p for task in tasks for p in task.silence.positions)
    return engine.prefill(
        features,
        [task.prompt for task in tasks],
        tasks[0].rules,
        group=tasks[0].options.group,
        probe=replace(tasks[0].silence, positions=positions),
    )


def _run(engine: Engine, state: DecodingState, lines: Sequence[Line]) -> None:
    """The token loop: it ends with the last window."""
    step = 0
    while going := [i for i, line in enumerate(lines) if not line.is_done]:
        if len(going) <= WORTH_LEAVING * len(lines):
            state = engine.keep(state, going)
            lines = [lines[i] for i in going]
        candidates = engine.step(
            state,
            [token for line in lines for token in line.last_tokens()],
            [bounds for line in lines for bounds in line.bounds()],
            sources=_sources(lines, state.group),
            sampling=_sampling(lines, step),
        )
        for window, line in enumerate(lines):
            line.update(candidates.part(window * state.group, state.group))
        step += 1


def _sources(lines: Sequence[Line], group: int) -> list[int] | None:
    """The row of the state that each row goes on from; its own if None."""
    if all(line.sources is None for line in lines):
        return None
    return [
        window * group + source
        for window, line in enumerate(lines)
        for source in line.sources or range(group)
    ]


def _sampling(lines: Sequence[Line], step: int) -> Sampling | None:
    """How to draw the tokens of a step; None to take the best."""
    first = lines[0].task
    if not first.is_sampled:
        return None
    seeds = [seed for line in lines for seed in line.task.seeds(step)]
    return Sampling(first.options.temperature, seeds)


def _result(tokenizer: Tokenizer, line: Line, no_speech_prob: float) -> DecodingResult:
    options = line.task.options
    hypothesis = best(line.hypotheses(), options.length_penalty)
    text = tokenizer.decode(hypothesis.tokens).strip()
    return DecodingResult(
        tokens=hypothesis.tokens,
        text=text,
        avg_logprob=hypothesis.avg_logprob,
        no_speech_prob=no_speech_prob,
        temperature=options.temperature,
        compression_ratio=compression_ratio(text),
        language=options.language or "en",
    )
