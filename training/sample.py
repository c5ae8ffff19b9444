"""The sample that `max-whisper demo` hears: espeak-ng's voice, in flac.

python -m training.sample [--to FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av
import numpy as np

from max_whisper import demo
from max_whisper.audio.constants import SAMPLE_RATE
from training.scenes import Samples
from training.voices import Voice, speak

VOICE = Voice(accent="en-us", speaker="", speed=150, pitch=50)
TEXTS = (
    "Good morning, Anna.",
    "The old man walked slowly to the river.",
    "four seven two nine one",
    "We will see you on Friday.",
)
PAUSE = 0.9


def main() -> None:
    """Speak the texts with pauses; the words go beside the sound."""
    parser = argparse.ArgumentParser(prog="python -m training.sample")
    parser.add_argument("--to", type=Path, default=demo.SAMPLE)
    asked = parser.parse_args()
    pause = np.zeros(round(PAUSE * SAMPLE_RATE), np.float32)
    parts = [part for text in TEXTS for part in (pause / 2, speak(text, VOICE), pause)]
    write_flac(asked.to, np.concatenate(parts))
    asked.to.with_suffix(".txt").write_text(" ".join(TEXTS) + "\n", encoding="utf-8")


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
