"""Windows to text, all in one go: `DecodingTask.run` of openai/whisper.

The pipeline lets windows join and leave instead (`pipeline/queue.py`); this is for
tests and measurements.
"""

from __future__ import annotations

from collections.abc import Sequence

from max_whisper.decoding.batch import Batch
from max_whisper.decoding.options import DecodingOptions
from max_whisper.decoding.result import DecodingResult
from max_whisper.engine.protocol import AudioFeatures, Engine
from max_whisper.tokenizer import Tokenizer


def decode(
    engine: Engine,
    tokenizer: Tokenizer,
    features: AudioFeatures,
    options: Sequence[DecodingOptions],
) -> list[DecodingResult]:
    """Decode every window of `features`, each with the options at its place.

    They may differ in what `shared` leaves out. Raises `OptionError` as `Batch` does.
    """
    batch = Batch(engine, tokenizer, features, options)
    lines = [*batch.lines]
    while batch.run():
        pass
    return [line.result(tokenizer) for line in lines]
