"""Which language is spoken: asked of the user first, then of the model."""

from __future__ import annotations

import numpy as np

from max_whisper.decoding.options import DecodingOptions
from max_whisper.engine.protocol import AudioFeatures, Engine, Probe, TokenRules
from max_whisper.errors import OptionError
from max_whisper.languages import language_code
from max_whisper.tokenizer import Tokenizer


def resolve_language(tokenizer: Tokenizer, options: DecodingOptions) -> str | None:
    """The code of the language that the options mean; None if it must be detected.

    Raises `OptionError` for a language that is unknown or that the model lacks, and for
    any task of an English-only model but transcribing English.
    """
    given = None if options.language is None else language_code(options.language)
    if not tokenizer.is_multilingual:
        return _only_english(given, options.task)
    if given is not None and given not in tokenizer.language_tokens:
        raise OptionError(
            f"expected one of the {len(tokenizer.language_tokens)} languages of this "
            f"model, found {given!r}; try another language or a newer model"
        )
    return given


def detect_language(
    engine: Engine, tokenizer: Tokenizer, features: AudioFeatures
) -> list[dict[str, float]]:
    """For each window the probability of every language, by code, summing to 1.

    As `detect_language` in openai/whisper: asked right after the token that starts a
    transcript. Raises `OptionError` for an English-only model.
    """
    if not tokenizer.is_multilingual:
        raise OptionError(
            "expected a multilingual model to detect a language, found an English-only "
            "one; it takes every sound for English"
        )
    codes = tuple(tokenizer.language_tokens)
    state = engine.prefill(
        features,
        [(tokenizer.sot,)] * features.batch,
        _no_rules(engine.config.vocab_size),
        probe=Probe(tuple(tokenizer.language_tokens.values()), (0,) * features.batch),
    )
    weights = np.exp(state.probes - state.probes.max(axis=-1, keepdims=True))
    probabilities = weights / weights.sum(axis=-1, keepdims=True)
    return [dict(zip(codes, row, strict=True)) for row in probabilities.tolist()]


def _only_english(language: str | None, task: str) -> str:
    if language not in (None, "en") or task != "transcribe":
        raise OptionError(
            "expected task transcribe and language en for an English-only model, "
            f"found {task} and {language or 'en'}; use a multilingual model"
        )
    return "en"


def _no_rules(vocab_size: int) -> TokenRules:
    nothing = np.zeros(vocab_size, np.bool_)
    return TokenRules(nothing, nothing, vocab_size)
