"""The language of a recording: as the user says, or as its first windows sound.

With `multilingual`, each window is asked again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from max_whisper.decoding.language import detect_language, resolve_language
from max_whisper.engine.protocol import Engine, Mel
from max_whisper.errors import OptionError
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.tokenizer import Tokenizer


class Language(NamedTuple):
    """A code, and how probable the language was found; None if it was not asked."""

    code: str
    probability: float | None = None


def choose_language(
    engine: Engine, tokenizer: Tokenizer, mel: Mel, options: TranscribeOptions
) -> Language:
    """The language to transcribe in, detected if the options name none.

    The first window that is sure enough decides, else the most likely in all that were
    asked. Raises `OptionError` for a language that is unknown or that the model lacks,
    or if the windows of an English-only model are to be asked for theirs.
    """
    if options.multilingual and not tokenizer.is_multilingual:
        raise OptionError(
            "expected a multilingual model with multilingual=True, found an "
            "English-only one; use another model, or leave it out"
        )
    language = resolve_language(tokenizer, options.decoding)
    if language is not None:
        return Language(language)
    size = engine.config.num_frames
    asked = range(0, max(1, len(mel.frames)), size)
    asked = asked[: options.language_detection_segments]
    spoken: Counter[str] = Counter()
    for start in asked:
        features = engine.encode(_padded_window(mel, start, size)[np.newaxis])
        [found] = detect_language(engine, tokenizer, features)
        likeliest = _likeliest(found)
        if found[likeliest] >= options.language_detection_threshold:
            return Language(likeliest, found[likeliest])
        spoken.update(found)
    likeliest = _likeliest(spoken)
    return Language(likeliest, spoken[likeliest] / len(asked))


def next_language(
    language: str | None, spoken: Mapping[str, float], threshold: float
) -> str | None:
    """The language to go on in: another one only if it is as likely as the threshold.

    `spoken` are the probabilities of all languages in a window.
    """
    likeliest = _likeliest(spoken)
    return likeliest if spoken[likeliest] >= threshold else language


def _likeliest(spoken: Mapping[str, float]) -> str:
    return max(spoken, key=lambda code: spoken[code])


def _padded_window(mel: Mel, start: int, num_frames: int) -> NDArray[np.float32]:
    """The window at a frame, with silence after the sound: `[num_frames, bins]`.

    To detect a language openai/whisper pads the sound, where it pads the mel with zeros
    to transcribe.
    """
    window = mel.window(start, num_frames, num_frames)
    rest = window[len(mel.frames) - start :]
    rest[: len(mel.tail)] = mel.tail[: len(rest)]
    return window
