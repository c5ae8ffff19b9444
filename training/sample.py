"""The sample that `max-whisper demo` hears, and a longer one for tests, by espeak-ng.

python -m training.sample [--to FILE] [--long FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from training.places import LONG_SAMPLE, SAMPLE
from training.scenes import Samples
from training.voices import Voice, speak

VOICE = Voice(accent="en-us", speaker="f2", speed=120, pitch=50)
TEXTS = (
    "four seven two nine one",
    "three one four one five nine two six",
    "eight zero six",
    "two four six nine seven",
)
LONG_TEXTS = (
    *("six one eight", "nine zero two seven three", "five five one four", "eight two"),
    *("seven six three nine zero one", "four three eight", "one nine six two"),
    *("zero seven five", "two eight four one nine three", "three zero six seven"),
    *("nine five two", "six four zero eight", "one seven three five two", "eight nine"),
    *("four zero one six", "seven two eight three"),
)
PAUSE = 0.9
LEAD = 0.4


def main() -> None:
    """Both."""
    parser = argparse.ArgumentParser(prog="python -m training.sample")
    parser.add_argument("--to", type=Path, default=SAMPLE)
    parser.add_argument("--long", type=Path, default=LONG_SAMPLE)
    asked = parser.parse_args()
    write(asked.to, TEXTS)
    write(asked.long, LONG_TEXTS)


def write(path: Path, texts: Sequence[str]) -> None:
    """Speak the texts with pauses; what was said, and when, goes beside the sound."""
    parts, rows = [silence(LEAD)], ["start\tend\ttext"]
    for text in texts:
        clip = speak(text, VOICE).samples
        start = sum(map(len, parts)) / SAMPLE_RATE
        end = start + len(clip) / SAMPLE_RATE
        rows.append(f"{1000 * start:.0f}\t{1000 * end:.0f}\t{text}")
        parts += [clip, silence(PAUSE)]
    write_flac(path, np.concatenate(parts))
    path.with_suffix(".tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def silence(seconds: float) -> Samples:
    """Nothing, for so long."""
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def write_flac(path: Path, samples: Samples) -> None:
    """Mono, 16 bits."""
    whole = np.asarray(0.5 * samples / np.abs(samples).max() * 32767, np.int16)
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(whole[None], format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


if __name__ == "__main__":
    main()
