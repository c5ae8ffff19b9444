"""Seconds of every phase of a transcription.

    python -m benchmarks.speed [--model MODEL] [--audio FILE] [--rounds N]

Not timed: decoding the sound file. Loading is timed with our cache empty, where MAX
still finds its own, and with compiled graphs. Rounds of all phases are interleaved;
minimum, median and maximum are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.machine import describe
from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio
from max_whisper.decoding.decode import decode
from max_whisper.decoding.options import DecodingOptions
from max_whisper.engine.load import load_engine
from max_whisper.engine.options import EngineOptions
from max_whisper.engine.protocol import Bounds, TokenRules
from max_whisper.tokenizer import Tokenizer
from max_whisper.weights import Checkpoint, load_checkpoint

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
RESULT = Path(__file__).parent / "results" / "speed.json"
DTYPES = ("float32", "int8")
BEAMS = (1, 5)
STEPS = 50

Seconds = dict[str, list[float]]
T = TypeVar("T")


def main() -> None:
    asked = arguments()
    if not (os.path.exists(asked.audio)):
        raise SystemExit(f"expected sound at {asked.audio}, found none; name --audio")
    checkpoint = load_checkpoint(asked.model)
    seconds = measure(checkpoint, asked.audio, asked.rounds)
    result = {
        "machine": describe(),
        "model": checkpoint.name,
        "audio_seconds": load_audio(asked.audio).size / SAMPLE_RATE,
        "seconds": {name: summary(times) for name, times in seconds.items()},
    }
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(result, indent=1) + "\n")
    for name, times in seconds.items():
        print(f"{name:<28}{1000 * statistics.median(times):>10.2f} ms")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    model = SHARED / "models" / "whisper-tiny.en-relearned"
    audio = SHARED / "speech" / "formats" / "jfk.flac"
    parser.add_argument("--model", default=str(model))
    parser.add_argument("--audio", default=str(audio))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, default=RESULT)
    return parser.parse_args()


def measure(checkpoint: Checkpoint, audio: str, rounds: int) -> Seconds:
    """Every phase, `rounds` times, after one round that does not count."""
    seconds: Seconds = defaultdict(list)
    engines = {dtype: loaded(checkpoint, dtype, seconds) for dtype in DTYPES}
    tokenizer = Tokenizer.from_json(
        checkpoint.tokenizer_json, is_multilingual=checkpoint.is_multilingual
    )
    samples = load_audio(audio)
    for round_ in range(rounds + 1):
        for dtype, engine in engines.items():
            found: Seconds = defaultdict(list)
            one_round(engine, tokenizer, samples, found)
            if round_ > 0:
                for name, times in found.items():
                    seconds[f"{dtype}: {name}"] += times
    return seconds


def loaded(checkpoint: Checkpoint, dtype: str, seconds: Seconds) -> Any:
    """An engine, loaded first with an empty cache of ours, then with a full one."""
    options = EngineOptions(device="cpu", dtype=dtype)

    def load() -> Any:
        return load_engine(checkpoint.config, checkpoint.weights, options)

    with tempfile.TemporaryDirectory() as folder:
        os.environ["MAX_WHISPER_CACHE"] = folder
        timed(seconds, f"{dtype}: load, MAX's own cache warm", load)
        return timed(seconds, f"{dtype}: load, graphs kept", load)


def one_round(
    engine: Any, tokenizer: Tokenizer, samples: Any, seconds: Seconds
) -> None:
    mel = timed(seconds, "log-mel", lambda: engine.log_mel([samples]))
    frames = engine.config.num_frames
    window = mel.window(0, frames, frames)[np.newaxis]
    features = timed(seconds, "encode a window", lambda: engine.encode(window))
    for beam in BEAMS:
        name = f"token step, {beam} row{'s' * (beam > 1)}"
        seconds[name].append(step_seconds(engine, tokenizer, features, beam))
    for beam in BEAMS:
        chosen = DecodingOptions(language="en", beam_size=beam if beam > 1 else None)
        timed(
            seconds,
            f"decode the window, beam {beam}",
            lambda chosen=chosen: decode(engine, tokenizer, features, [chosen]),
        )


def step_seconds(engine: Any, tokenizer: Tokenizer, features: Any, group: int) -> float:
    """The mean of `STEPS` token steps of `group` rows."""
    size = engine.config.vocab_size
    anything = np.zeros(size, bool)
    rules = TokenRules(anything, anything, size)
    state = engine.prefill(features, [(tokenizer.sot,)], rules, group=group)
    free = [Bounds(0, 0, size, False)] * group
    begin = time.perf_counter()
    for _ in range(STEPS):
        engine.step(state, [tokenizer.eot] * group, free)
    return (time.perf_counter() - begin) / STEPS


def timed(seconds: Seconds, name: str, work: Callable[[], T]) -> T:
    """Do `work` and note how long it took."""
    begin = time.perf_counter()
    done = work()
    seconds[name].append(time.perf_counter() - begin)
    return done


def summary(times: list[float]) -> dict[str, float]:
    return {
        "min": min(times),
        "median": statistics.median(times),
        "max": max(times),
        "rounds": len(times),
    }


if __name__ == "__main__":
    main()
