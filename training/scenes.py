"""Windows of sound with their words and times, put together from clips.

    0 s ── lead ── segment ── pause ── segment ── … ── rest (or a segment cut off)

Within a segment of digits the pauses are short, between two segments they are long, so
that where a segment ends can be heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from training.augment import disturb, mouth, place
from training.digits import Recording
from training.sounds import background, no_speech
from training.voices import Bank

LONGEST_LEAD = 1.0
"""Whisper's first timestamp is at most one second."""
SHORT_PAUSE = (0.02, 0.45)
LONG_PAUSE = (0.8, 2.0)
MOST_DIGITS = 20

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clip:
    """Words and their sound."""

    text: str
    samples: Samples

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Spoken:
    """A segment of a scene; times in seconds."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """`cut` is where a segment begins that the window's end cuts off."""

    samples: Samples
    segments: Sequence[Spoken]
    cut: float | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """All clips there are: digits by people, digits and sentences by espeak-ng."""

    people: Sequence[Sequence[Recording]]
    words: Bank
    sentences: Bank
    digits_share: float = 0.5
    no_speech_share: float = 0.12

    def clip(self, random: np.random.Generator, most: int = MOST_DIGITS) -> Clip:
        """A string of digits or a sentence."""
        if random.random() < self.digits_share:
            return self.digits(random, most)
        text, samples = self.sentences.clip(random.integers(len(self.sentences)))
        return Clip(text, mouth(random, samples))

    def digits(self, random: np.random.Generator, most: int) -> Clip:
        """One to `most` digits by one person, or by machines."""
        count = int(random.integers(1, most + 1))
        if random.random() < 0.7:
            speaker = self.people[random.integers(len(self.people))]
            chosen = [speaker[i] for i in random.integers(len(speaker), size=count)]
            return string(random, [Clip(r.word, r.samples) for r in chosen])
        chosen_words = random.integers(len(self.words), size=count)
        return string(random, [Clip(*self.words.clip(i)) for i in chosen_words])


def string(random: np.random.Generator, words: Sequence[Clip]) -> Clip:
    """Words one after another in a similar voice, with short pauses."""
    speed = random.uniform(0.85, 1.18)
    parts: list[Samples] = []
    for word in words:
        pause = random.uniform(*SHORT_PAUSE) * (random.random() < 0.8)
        parts += [
            mouth(random, word.samples, speed * random.uniform(0.96, 1.04)),
            np.zeros(int(pause * SAMPLE_RATE), np.float32),
        ]
    return Clip(" ".join(word.text for word in words), np.concatenate(parts[:-1]))


def scene(random: np.random.Generator, sources: Sources, seconds: float) -> Scene:
    """A window of `seconds`; noise may end before it does, as where a file ends."""
    length = round(seconds * SAMPLE_RATE)
    if random.random() < sources.no_speech_share:
        return Scene(silence(random, length), [])
    samples = np.zeros(length, np.float32)
    segments, cut = fill(random, sources, samples)
    end = file_end(random, segments, length) if cut is None else length
    samples[:end] = disturb(random, samples[:end], background)
    return Scene(samples, segments, cut)


def file_end(
    random: np.random.Generator, segments: Sequence[Spoken], length: int
) -> int:
    """In samples: with the window, or some time after the last word."""
    if not segments or random.random() < 0.3:
        return length
    return int(random.integers(round(segments[-1].end * SAMPLE_RATE), length + 1))


def silence(random: np.random.Generator, length: int) -> Samples:
    """No speech, up to where its file ends."""
    samples = no_speech(random, length)
    if random.random() < 0.4:
        samples[random.integers(length // 10, length) :] = 0
    return samples


def fill(
    random: np.random.Generator, sources: Sources, samples: Samples
) -> tuple[list[Spoken], float | None]:
    """Place segments until the window is full or has enough."""
    seconds = len(samples) / SAMPLE_RATE
    now = random.uniform(0, LONGEST_LEAD) * (random.random() < 0.8)
    wanted = 1 + random.poisson(seconds / 5)
    most = min(MOST_DIGITS, int(1.4 * seconds))
    segments: list[Spoken] = []
    for _ in range(wanted):
        clip = sources.clip(random, most)
        if now + clip.seconds > seconds:
            if not segments or now > seconds - 0.5:
                continue
            place(random, samples, clip.samples, now)
            return segments, now
        place(random, samples, clip.samples, now)
        segments.append(Spoken(now, now + clip.seconds, clip.text))
        now += clip.seconds + random.uniform(*LONG_PAUSE)
    return segments, None
