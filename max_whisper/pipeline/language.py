"""The language of a recording: as the user says, or as its first window sounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from max_whisper.decoding.language import detect_language, resolve_language
from max_whisper.engine.protocol import Engine, Mel
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.tokenizer import Tokenizer


def choose_language(
    engine: Engine, tokenizer: Tokenizer, mel: Mel, options: TranscribeOptions
) -> str:
    """The code of the language to transcribe in, detected if the options name none.

    Raises `OptionError` for a language that is unknown or that the model lacks.
    """
    language = resolve_language(tokenizer, options.decoding)
    if language is not None:
        return language
    window = _first_window(mel, engine.config.num_frames)
    features = engine.encode(window[np.newaxis])
    [probabilities] = detect_language(engine, tokenizer, features)
    return max(probabilities, key=lambda code: probabilities[code])


def _first_window(mel: Mel, num_frames: int) -> NDArray[np.float32]:
    """The first window, with silence after the sound: `[num_frames, bins]`.

    To detect a language openai/whisper pads the sound, where it pads the mel with zeros
    to transcribe.
    """
    window = mel.window(0, num_frames, num_frames)
    rest = window[len(mel.frames) :]
    rest[: len(mel.tail)] = mel.tail[: len(rest)]
    return window
