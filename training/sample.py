"""The sample that `max-whisper demo` hears: espeak-ng's voice, in flac.

python -m training.sample [--to FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av
import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from training.places import SAMPLE
from training.scenes import Samples
from training.voices import Voice, speak

VOICE = Voice(accent="en-us", speaker="f2", speed=120, pitch=50)
TEXTS = (
    "four seven two nine one",
    "three one four one five nine two six",
    "eight zero six",
    "two four six nine seven",
)
PAUSE = 0.9
LEAD = 0.4


def main() -> None:
    """Speak the texts with pauses; what was said, and when, goes beside the sound."""
    parser = argparse.ArgumentParser(prog="python -m training.sample")
    parser.add_argument("--to", type=Path, default=SAMPLE)
    asked = parser.parse_args()
    parts, rows = [silence(LEAD)], ["start\tend\ttext"]
    for text in TEXTS:
        clip = speak(text, VOICE).samples
        start = sum(map(len, parts)) / SAMPLE_RATE
        end = start + len(clip) / SAMPLE_RATE
        rows.append(f"{1000 * start:.0f}\t{1000 * end:.0f}\t{text}")
        parts += [clip, silence(PAUSE)]
    write_flac(asked.to, np.concatenate(parts))
    asked.to.with_suffix(".tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


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
