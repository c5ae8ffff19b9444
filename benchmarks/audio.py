"""What the engines hear: WAV files of 16 kHz, with the words spoken in them."""

from __future__ import annotations

import csv
import hashlib
import re
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio

SPEECH = Path(__file__).parents[2] / "shared" / "speech"
PAUSE = 0.4
"""Seconds of silence between utterances that are joined."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A WAV file and what is said in it; no `utterances` where that is not known."""

    name: str
    path: Path
    seconds: float
    utterances: tuple[str, ...] = ()


def recording(name: str, seconds: float, folder: Path) -> Recording:
    """`librispeech`, `columbia` or `jfk`, `seconds` of it, as a file in `folder`."""
    if name == "librispeech":
        samples, utterances = joined(list(chosen(seconds)))
    else:
        path = SPEECH / "formats" / {"columbia": "columbia.wma", "jfk": "jfk.wav"}[name]
        whole = load_audio(path)
        samples = whole[: round(seconds * SAMPLE_RATE)]
        text = path.with_suffix(".txt")
        is_known = text.exists() and samples.size == whole.size
        utterances = sentences(text.read_text(encoding="utf-8")) if is_known else ()
    length = samples.size / SAMPLE_RATE
    path = folder / f"{name}-{length:.0f}s.wav"
    write_wav(path, samples)
    return Recording(name, path, length, tuple(utterances))


def chosen(seconds: float) -> Iterator[tuple[Path, str]]:
    """Utterances of LibriSpeech that fill `seconds`, the same every time.

    They are drawn in the order of a hash of their names, so that all speakers come in,
    and told in the order of their names, so that each speaker comes once.
    """
    with open(SPEECH / "manifest.tsv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    rows = [row for row in rows if row["path"].startswith("librispeech/")]
    rows.sort(key=lambda row: hashlib.sha256(row["path"].encode()).hexdigest())
    drawn, left = [], seconds
    for row in rows:
        needed = float(row["seconds"]) + PAUSE
        if needed <= left:
            drawn.append(row)
            left -= needed
    for row in sorted(drawn, key=lambda row: row["path"]):
        yield SPEECH / row["path"], row["transcript"]


def joined(parts: Sequence[tuple[Path, str]]) -> tuple[np.ndarray, list[str]]:
    silence = np.zeros(round(PAUSE * SAMPLE_RATE), np.float32)
    sounds = [part for path, _ in parts for part in (load_audio(path), silence)]
    return np.concatenate(sounds), [text for _, text in parts]


def sentences(text: str) -> list[str]:
    """The sentences of a text whose utterances are not marked."""
    return re.split(r"(?<=[.!?])\s+", text.strip())


def write_wav(path: Path, samples: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes((samples.clip(-1, 1) * 32767).astype(np.int16).tobytes())
