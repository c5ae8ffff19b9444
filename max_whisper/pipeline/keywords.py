"""The options of `transcribe` as keywords, for editors and type checkers.

Names and types are those of the fields of the options, which tests compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class Keywords(TypedDict, total=False):
    """See `TranscribeOptions` and docs/python.md for what they mean."""

    task: str
    language: str | None
    temperature: float | tuple[float, ...]
    sample_len: int | None
    max_new_tokens: int | None
    best_of: int | None
    beam_size: int | None
    patience: float | None
    length_penalty: float | None
    prefix: str | Sequence[int] | None
    suppress_tokens: str | Sequence[int] | None
    suppress_text: str | Sequence[str] | None
    repetition_penalty: float
    no_repeat_ngram_size: int
    suppress_blank: bool
    without_timestamps: bool
    max_initial_timestamp: float | None
    seed: int
    compression_ratio_threshold: float | None
    logprob_threshold: float | None
    no_speech_threshold: float | None
    multilingual: bool
    language_detection_threshold: float
    language_detection_segments: int
    condition_on_previous_text: bool
    initial_prompt: str | None
    carry_initial_prompt: bool
    hotwords: str | None
    clip_timestamps: str | Sequence[float]
    keep_first_timestamp: bool
    word_timestamps: bool
    prepend_punctuations: str
    append_punctuations: str
    hallucination_silence_threshold: float | None
    max_repeats: int
    vad_filter: bool
    cut_at_silence: bool
    batch_size: int | str
    vad_detector: str
    vad_threshold: float
    vad_neg_threshold: float | None
    vad_min_speech_duration_ms: int
    vad_max_speech_duration_s: float
    vad_min_silence_duration_ms: int
    vad_speech_pad_ms: int
