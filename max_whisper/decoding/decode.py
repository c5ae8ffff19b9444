"""Windows to text, at one temperature: `DecodingTask.run` of openai/whisper.

options ─▶ task ─▶ prefill ─▶ (bounds ─▶ step ─▶ search) … ─▶ best ─▶ result
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from max_whisper.decoding.beam import BeamSearch
from max_whisper.decoding.greedy import GreedySearch
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult, compression_ratio
from max_whisper.decoding.search import Hypothesis, Search, best
from max_whisper.decoding.task import DecodingTask
from max_whisper.engine.protocol import AudioFeatures, DecodingState, Engine
from max_whisper.tokenizer import Tokenizer


def decode(
    engine: Engine,
    tokenizer: Tokenizer,
    features: AudioFeatures,
    options: DecodingOptions,
) -> list[DecodingResult]:
    """Decode every window of `features`, all with the same options and prompt.

    Raises `OptionError` for options that exclude each other or that the model cannot
    honour, and if a multilingual model is not told the language.
    """
    task = DecodingTask.plan(tokenizer, options, engine.config)
    state = _prefill(engine, features, task)
    search = _search(task.options, features.batch, tokenizer.eot)
    _run(engine, state, search, task)
    chosen = [best(found, options.length_penalty) for found in search.hypotheses()]
    silences = np.exp(state.probes[:, 0]).tolist()
    return [
        _result(tokenizer, task.options, hypothesis, silence)
        for hypothesis, silence in zip(chosen, silences, strict=True)
    ]


def _prefill(
    engine: Engine, features: AudioFeatures, task: DecodingTask
) -> DecodingState:
    """Let every window's rows read the same prompt."""
    positions = task.silence.positions * features.batch
    return engine.prefill(
        features,
        [task.prompt] * features.batch,
        task.rules,
        group=task.options.group,
        probe=replace(task.silence, positions=positions),
    )


def _search(options: DecodingOptions, batch: int, eot: int) -> Search:
    if options.beam_size is None:
        return GreedySearch(batch, options.group, eot)
    return BeamSearch(batch, options.beam_size, options.max_finished, eot)


def _run(
    engine: Engine, state: DecodingState, search: Search, task: DecodingTask
) -> None:
    """The token loop: it ends with the last row, or when there is no more room."""
    for step in range(task.steps):
        candidates = engine.step(
            state,
            [row[-1] if row else task.prompt[-1] for row in search.rows],
            [task.bounds(row) for row in search.rows],
            sources=search.sources,
            sampling=task.sampling(step),
        )
        if search.update(candidates):
            return


def _result(
    tokenizer: Tokenizer,
    options: DecodingOptions,
    hypothesis: Hypothesis,
    no_speech_prob: float,
) -> DecodingResult:
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
