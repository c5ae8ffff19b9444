"""`max-whisper demo`: the model in the box hears its sample, and how long that took."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from max_whisper import demo
from max_whisper.cli.choices import transcribe_options
from max_whisper.cli.flags import flags_of
from max_whisper.cli.messages import spinner
from max_whisper.cli.prints import print_segment

if TYPE_CHECKING:
    from max_whisper.api import Whisper

HEARING = ("read the sound", "log-mel", "encode and decode")
"""The phases that every recording goes through; those before are done once."""

REAL_MODEL = """
This was the small model in the box. A real one is downloaded when it is first used:
  max-whisper transcribe speech.mp3 --model tiny.en"""


class Laps:
    """The seconds of phases that follow one another, under their names."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begin = perf_counter()

    def end(self, phase: str) -> None:
        """All the time since the last end was `phase`; one that goes on is added up."""
        now = perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._begin
        self._begin = now


def run(arguments: Namespace) -> int:
    """Print what the sample says, the seconds of every phase, and what to do next."""
    laps = Laps()
    with _load(arguments, laps) as model:
        duration = _hear_sample(model, laps)
    print()
    for phase, seconds in laps.seconds.items():
        print(f"{phase:<18}{seconds:>8.2f} s")
    hearing = sum(laps.seconds[phase] for phase in HEARING)
    speed = f"{duration / hearing:.1f} s of sound a second"
    print(f"\n{duration:.1f} s of sound in {hearing:.2f} s: {speed} ({model.runs_on})")
    print(REAL_MODEL)
    return 0


def _load(arguments: Namespace, laps: Laps) -> Whisper:
    """The model in the box. What is no compilation is loading, MAX itself too."""
    from max_whisper.api import load_model

    @contextmanager
    def compiling(reason: str) -> Iterator[None]:
        laps.end("load")
        with spinner(reason):
            yield
        laps.end("compile")

    model = load_model(
        demo.NAME,
        device=arguments.device,
        dtype=arguments.dtype,
        threads=arguments.threads,
        on_compile=compiling,
    )
    laps.end("load")
    return model


def _hear_sample(model: Whisper, laps: Laps) -> float:
    """Print the segments of the sample, with the flags that `transcribe` has if it is
    given none; return the seconds of sound."""
    from max_whisper.audio.load import load_audio

    defaults = Namespace(**{f.name: f.default for f in flags_of("transcribe")})
    options = transcribe_options(defaults)
    samples = load_audio(demo.SAMPLE)
    laps.end("read the sound")
    stream = model.segments(samples, **options)
    laps.end("log-mel")
    for segment in stream:
        print_segment(segment)
    laps.end("encode and decode")
    return stream.duration
