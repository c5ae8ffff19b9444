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
from training.digits import WORDS, Recording
from training.excerpts import Pieces, heard
from training.sounds import background, no_speech
from training.voices import Bank
from training.waves import log_uniform

WINDOW_SECONDS = 30
LONGEST_LEAD = 1.3
ENDING_SHARE = 0.4
LONGEST_ENDING = 0.12
SHORT_PAUSE = (0.02, 0.45)
LONG_PAUSE = (0.65, 1.3)
MOST_DIGITS = 20
ALONE_SHARE = 0.2
"""How often nothing follows the first segment, beside where chance has it so."""
MUSIC_SHARE = 0.1
"""How often music follows what was said, where nothing is cut off."""
AGAIN_SHARE = 0.15
"""How often the same is said twice: both count."""

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A segment or a word; times in seconds."""

    start: float
    end: float
    text: str

    def later(self, seconds: float) -> Spoken:
        """The same, moved."""
        return Spoken(self.start + seconds, self.end + seconds, self.text)


@dataclass(frozen=True, slots=True)
class Clip:
    """A text, its sound, and when each of its words is heard."""

    text: str
    samples: Samples
    words: Sequence[Spoken]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Scene:
    """`cut` is where a segment begins that the window's end cuts off.

    `words` are those of its segments. `offset` is how many seconds of Whisper's window
    lie before it, unheard.
    """

    samples: Samples
    segments: Sequence[Spoken]
    cut: float | None = None
    words: Sequence[Spoken] = ()
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Sources:
    """All there is: digits by people, digits and sentences by espeak-ng, and music."""

    people: Sequence[Sequence[Recording]]
    words: Bank
    sentences: Bank
    music: Pieces = ()
    digits_share: float = 0.4
    no_speech_share: float = 0.2

    def clip(self, random: np.random.Generator, most: int = MOST_DIGITS) -> Clip:
        """A string of digits or a sentence."""
        if random.random() < self.digits_share:
            return self.digits(random, most)
        return voiced(random, self.sentences)

    def text(self, random: np.random.Generator, most: int) -> str:
        """What a clip might say."""
        if random.random() < self.digits_share:
            return " ".join(random.choice(WORDS, random.integers(1, most + 1)))
        return self.sentences.texts[random.integers(len(self.sentences))]

    def digits(self, random: np.random.Generator, most: int) -> Clip:
        """One to `most` digits by one person, or by machines."""
        count = int(random.integers(1, most + 1))
        if random.random() < 0.7:
            speaker = self.people[random.integers(len(self.people))]
            chosen = [speaker[i] for i in random.integers(len(speaker), size=count)]
            return string(random, [(r.word, r.samples) for r in chosen])
        said = [
            self.words.utterance(i)
            for i in random.integers(len(self.words), size=count)
        ]
        return string(random, [(one.text, one.samples) for one in said])


def voiced(random: np.random.Generator, bank: Bank) -> Clip:
    """Something from a bank, from another mouth; a word ends where the next begins."""
    said = bank.utterance(random.integers(len(bank)))
    samples = mouth(random, said.samples)
    slower = len(samples) / len(said.samples)
    starts = [start * slower for start in said.starts]
    ends = [*starts[1:], len(samples) / SAMPLE_RATE]
    words = [
        Spoken(start, end, word)
        for start, end, word in zip(starts, ends, said.text.split(), strict=True)
    ]
    return Clip(said.text, samples, words)


def string(random: np.random.Generator, words: Sequence[tuple[str, Samples]]) -> Clip:
    """Words one after another in a similar voice, with short pauses."""
    speed = random.uniform(0.85, 1.18)
    parts: list[Samples] = []
    spoken: list[Spoken] = []
    now = 0.0
    for word, sound in words:
        pause = random.uniform(*SHORT_PAUSE) * (random.random() < 0.8)
        samples = mouth(random, sound, speed * random.uniform(0.96, 1.04))
        parts += [samples, np.zeros(int(pause * SAMPLE_RATE), np.float32)]
        spoken.append(Spoken(now, now + len(samples) / SAMPLE_RATE, word))
        now = sum(map(len, parts)) / SAMPLE_RATE
    text = " ".join(word for word, _ in words)
    return Clip(text, np.concatenate(parts[:-1]), spoken)


def scene(random: np.random.Generator, sources: Sources, seconds: float) -> Scene:
    """A window of `seconds`; noise may end before it does, as where a file ends."""
    length = round(seconds * SAMPLE_RATE)
    if random.random() < sources.no_speech_share:
        return Scene(silence(random, length, sources), [])
    samples = np.zeros(length, np.float32)
    placed, cut = fill(random, sources, samples)
    segments = [Spoken(at, at + clip.seconds, clip.text) for at, clip in placed]
    end = file_end(random, segments, length) if cut is None else length
    samples[:end] = disturb(random, samples[:end], background)
    if segments and cut is None and sources.music and random.random() < MUSIC_SHARE:
        play_after(random, segments[-1].end, samples, sources.music)
    words = [word.later(at) for at, clip in placed for word in clip.words]
    return Scene(samples, segments, cut, words, offset(random, seconds))


def offset(random: np.random.Generator, seconds: float) -> float:
    """Where a shorter window lies in Whisper's, so that all its times are learnt."""
    return float(random.uniform(0, WINDOW_SECONDS - seconds)) * (random.random() < 0.8)


def file_end(
    random: np.random.Generator, segments: Sequence[Spoken], length: int
) -> int:
    """In samples: with the window, or some time after the last word."""
    if not segments or random.random() < 0.3:
        return length
    return int(random.integers(round(segments[-1].end * SAMPLE_RATE), length + 1))


def play_after(
    random: np.random.Generator, end: float, samples: Samples, music: Pieces
) -> None:
    """Music from soon after the last word on, louder or fainter than what was said."""
    first = round((end + random.uniform(0.1, LONGEST_LEAD)) * SAMPLE_RATE)
    room = samples[first:]
    if len(room) > SAMPLE_RATE // 2:
        loudest = float(np.abs(samples).max())
        room += loudest * log_uniform(random, 0.1, 2) * heard(random, len(room), music)


def silence(random: np.random.Generator, length: int, sources: Sources) -> Samples:
    """No speech, up to where its file ends; perhaps the last of a word before it."""
    samples = no_speech(random, length, sources.music)
    if random.random() < 0.4:
        samples[random.integers(length // 10, length) :] = 0
    if random.random() < ENDING_SHARE:
        end_word(random, sources, samples)
    return samples


def end_word(random: np.random.Generator, sources: Sources, samples: Samples) -> None:
    """The last of a word, which is not said in the window that begins with it."""
    ending = round(random.uniform(0, LONGEST_ENDING) * SAMPLE_RATE)
    clip = sources.clip(random, 2).samples
    place(random, samples, clip[len(clip) - ending :], 0.0)


def lead(random: np.random.Generator, sources: Sources, samples: Samples) -> float:
    """Seconds before the first word.

    Often a window begins where the segment before ended, or just before that: then
    there is the last of a word, and a pause.
    """
    if random.random() < ENDING_SHARE:
        end_word(random, sources, samples)
        return float(random.uniform(LONG_PAUSE[0] - 0.1, LONGEST_LEAD))
    return float(random.uniform(0, LONGEST_LEAD) * (random.random() < 0.8))


def pause(random: np.random.Generator) -> float:
    """Seconds between two segments: more often short ones, which are hard to tell."""
    least, most = LONG_PAUSE
    return least + (most - least) * float(random.random()) ** 2


def fill(
    random: np.random.Generator, sources: Sources, samples: Samples
) -> tuple[list[tuple[float, Clip]], float | None]:
    """Place clips until the window is full or has enough; when each begins."""
    seconds = len(samples) / SAMPLE_RATE
    now = lead(random, sources, samples)
    more = random.poisson(random.uniform(0, seconds / 3))
    wanted = 1 + more * (random.random() >= ALONE_SHARE)
    most = min(MOST_DIGITS, int(1.4 * seconds))
    placed: list[tuple[float, Clip]] = []
    for _ in range(wanted):
        is_again = bool(placed) and random.random() < AGAIN_SHARE
        clip = placed[-1][1] if is_again else sources.clip(random, most)
        is_cut = now + clip.seconds > seconds
        if is_cut and (not placed or now > seconds - 0.5):
            continue
        place(random, samples, clip.samples, now)
        if is_cut:
            return placed, now
        placed.append((now, clip))
        now += clip.seconds + pause(random)
    return placed, None
