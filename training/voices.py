"""Speech by espeak-ng: many voices, kept in one file so that it is spoken only once."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio

ACCENTS = ("en-us", "en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-029")
SPEAKERS = (
    *("", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"),
    *("f1", "f2", "f3", "f4", "f5", "klatt", "klatt2", "klatt3", "klatt4"),
    *("Alex", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Gene2", "Jacky"),
    *("Lee", "Mario", "Michael", "Mike", "adam", "anika", "announcer", "antonio"),
    *("belinda", "benjamin", "boris", "caleb", "david", "ed", "edward", "grandma"),
    *("grandpa", "gustave", "iven", "iven3", "john", "linda", "marcelo", "max"),
    *("michel", "miguel", "norbert", "pablo", "paul", "pedro", "quincy", "rob"),
    *("robert", "sandro", "shelby", "steph", "steph2", "travis", "victor", "zac"),
)
CLEAR_SPEAKERS = SPEAKERS[:14]
"""The plain voices; the others bend them so that digits are heard from many mouths."""

SILENCE = 0.01
"""Of the peak: what is quieter at either end of a clip is cut off."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What espeak-ng is told: accent, speaker, words a minute and pitch (0 to 99)."""

    accent: str
    speaker: str
    speed: int
    pitch: int

    @property
    def name(self) -> str:
        """As its flag `-v` spells it."""
        return f"{self.accent}+{self.speaker}" if self.speaker else self.accent


@dataclass(frozen=True, slots=True)
class Bank:
    """Many clips of speech, one after another in one array of int16."""

    texts: Sequence[str]
    ends: NDArray[np.int64]
    samples: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.texts)

    def clip(self, index: int) -> tuple[str, NDArray[np.float32]]:
        """A text and its samples, 16 kHz mono."""
        start = self.ends[index - 1] if index else 0
        samples = self.samples[start : self.ends[index]]
        return self.texts[index], samples.astype(np.float32) / 32768


def random_voice(
    random: np.random.Generator, speakers: Sequence[str] = SPEAKERS
) -> Voice:
    """Any accent and speaker, at a speed and pitch that people use."""
    return Voice(
        accent=str(random.choice(ACCENTS)),
        speaker=str(random.choice(speakers)),
        speed=int(random.integers(120, 200)),
        pitch=int(random.integers(25, 75)),
    )


def speak(text: str, voice: Voice) -> NDArray[np.float32]:
    """16 kHz mono, from the first sound to the last."""
    flags = ["-v", voice.name, "-s", str(voice.speed), "-p", str(voice.pitch)]
    command = ["espeak-ng", *flags, "--stdout", "--", text]
    sound = subprocess.run(command, check=True, capture_output=True).stdout
    return trim(load_audio(sound))


def trim(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without the silence at both ends, but for 20 ms."""
    loud = np.flatnonzero(np.abs(samples) > SILENCE * np.abs(samples).max())
    margin = SAMPLE_RATE // 50
    return samples[max(0, loud[0] - margin) : loud[-1] + margin]


def speak_all(
    texts: Sequence[str], voice: Callable[[], Voice]
) -> Iterator[NDArray[np.int16]]:
    """Every text in a voice of its own, in order, two processes at a time."""
    voices = [voice() for _ in texts]
    with ThreadPoolExecutor(2) as pool:
        for samples in pool.map(speak, texts, voices):
            yield np.asarray(samples * 32767, np.int16)


def load_or_speak(path: Path, texts: Sequence[str], voice: Callable[[], Voice]) -> Bank:
    """The bank at `path`, which is spoken first where there is none."""
    if not path.exists():
        clips = list(speak_all(texts, voice))
        ends = np.cumsum([len(clip) for clip in clips])
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez(file, texts=texts, ends=ends, samples=np.concatenate(clips))
    kept = np.load(path)
    return Bank([str(text) for text in kept["texts"]], kept["ends"], kept["samples"])
