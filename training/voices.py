"""Speech by espeak-ng: many voices, kept in one file so that it is spoken only once."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio
from training import espeak

ACCENTS = ("en-us", "en-us", "en", "en-gb-x-rp", "en-gb-scotland", "en-029")
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


class Utterance(NamedTuple):
    """What a voice said: 16 kHz mono, and when each word begins, in seconds."""

    text: str
    samples: NDArray[np.float32]
    starts: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bank:
    """Many utterances, one after another in one array of int16.

    `ends` are where they end, in samples; `starts` are all their words' in seconds.
    """

    texts: Sequence[str]
    ends: NDArray[np.int64]
    samples: NDArray[np.int16]
    starts: Sequence[NDArray[np.float32]]

    def __len__(self) -> int:
        return len(self.texts)

    def utterance(self, index: int) -> Utterance:
        """The one of this number."""
        first = self.ends[index - 1] if index else 0
        samples = self.samples[first : self.ends[index]].astype(np.float32) / 32768
        return Utterance(self.texts[index], samples, self.starts[index].tolist())


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


def speak(text: str, voice: Voice) -> Utterance:
    """From the first sound to the last, but for 20 ms of silence at both ends."""
    said = espeak.speak(text, voice.name, voice.speed, voice.pitch)
    samples = load_audio(wav(said.samples, said.rate))
    loud = np.flatnonzero(np.abs(samples) > SILENCE * np.abs(samples).max())
    margin = SAMPLE_RATE // 50
    first, last = max(0, loud[0] - margin), loud[-1] + margin
    starts = [max(0.0, start - first / SAMPLE_RATE) for start in said.starts]
    return Utterance(text, samples[first:last], starts)


def wav(samples: NDArray[np.int16], rate: int) -> bytes:
    """Mono samples as a file."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return data.getvalue()


def load_or_speak(path: Path, texts: Sequence[str], voice: Callable[[], Voice]) -> Bank:
    """The bank at `path`, which is spoken first where there is none."""
    if not path.exists():
        said = [speak(text, voice()) for text in texts]
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez(
                file,
                texts=texts,
                ends=np.cumsum([len(one.samples) for one in said]),
                samples=np.concatenate(
                    [np.asarray(one.samples * 32767, np.int16) for one in said]
                ),
                starts=np.concatenate([np.float32(one.starts) for one in said]),
            )
    kept = np.load(path)
    spoken = [str(text) for text in kept["texts"]]
    firsts = np.cumsum([len(text.split()) for text in spoken])[:-1]
    starts = np.split(kept["starts"], firsts)
    return Bank(spoken, kept["ends"], kept["samples"], starts)
