"""The tokens that are not text, found in a vocabulary by their names.

Their ids differ between checkpoints: English-only models lack one text token and
large-v3 has one language more. So no id is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from max_whisper.errors import CheckpointError
from max_whisper.languages import LANGUAGES

NAMES = {
    "eot": "<|endoftext|>",
    "sot": "<|startoftranscript|>",
    "translate": "<|translate|>",
    "transcribe": "<|transcribe|>",
    "sot_lm": "<|startoflm|>",
    "sot_prev": "<|startofprev|>",
    "no_speech": "<|nospeech|>",
    "no_timestamps": "<|notimestamps|>",
}

RENAMED = {"<|nocaptions|>": "<|nospeech|>", "<|iw|>": "<|he|>"}
"""Names in older files, to those of today."""

TIMESTAMPS = tuple(f"<|{step * 0.02:.2f}|>" for step in range(1501))
"""Names of the timestamp tokens: every 20 ms of a window of 30 s."""


@dataclass(frozen=True, kw_only=True)
class SpecialTokens:
    """Ids under OpenAI's names.

    All tokens from `timestamp_begin` on are times. `language_tokens` is code to id, in
    the order of `LANGUAGES`, of the languages that the vocabulary has.
    """

    eot: int
    sot: int
    translate: int
    transcribe: int
    sot_lm: int
    sot_prev: int
    no_speech: int
    no_timestamps: int
    timestamp_begin: int
    language_tokens: Mapping[str, int]

    @classmethod
    def find(cls, vocabulary: Mapping[str, int]) -> SpecialTokens:
        """Look the tokens up in `vocabulary`, name of today to id.

        Older files of Hugging Face do not list the timestamps, which then follow
        `<|notimestamps|>`. Raises `CheckpointError` for any other that is missing.
        """
        missing = [name for name in NAMES.values() if name not in vocabulary]
        if missing:
            raise CheckpointError(
                f"expected the token {missing[0]} in tokenizer.json, found none; "
                "is this the tokenizer of a Whisper?"
            )
        found = {field: vocabulary[name] for field, name in NAMES.items()}
        after = found["no_timestamps"] + 1
        languages = {code: vocabulary.get(f"<|{code}|>") for code in LANGUAGES}
        return cls(
            **found,
            timestamp_begin=vocabulary.get(TIMESTAMPS[0], after),
            language_tokens={c: t for c, t in languages.items() if t is not None},
        )
