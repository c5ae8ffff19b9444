"""All clips that training draws from: read from the data set, spoken by espeak-ng, or
played by FluidSynth.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from training.digits import WORDS, is_training, recordings
from training.excerpts import Pieces
from training.scenes import Sources
from training.sentences import sentence
from training.voices import Bank, load_or_speak, random_voice

SENTENCES = 18_000
SPOKEN_DIGITS = 3_000
STRINGS_SHARE = 0.15
"""Of the sentences: digits in a row, said in one breath."""
HELD_OUT = 200
PIECES = 240
SENTENCE_SEED, DIGIT_SEED, HELD_OUT_SEED, MUSIC_SEED = 1, 2, 3, 4


def load_sources(digits: Path, work: Path) -> Sources:
    """From the folder of the data set, and the folder that keeps what was spoken."""
    heard = [r for r in recordings(digits) if is_training(r)]
    speakers = sorted({recording.speaker for recording in heard})
    people = [[r for r in heard if r.speaker == speaker] for speaker in speakers]
    return Sources(people, spoken_digits(work), sentences(work), music(work))


def sentences(work: Path) -> Bank:
    """Sentences to learn from."""
    random = np.random.default_rng(SENTENCE_SEED)
    texts = [
        digits(random) if random.random() < STRINGS_SHARE else sentence(random)
        for _ in range(SENTENCES)
    ]
    return load_or_speak(work / "sentences.npz", texts, partial(random_voice, random))


def digits(random: np.random.Generator) -> str:
    """One to twelve of them."""
    return " ".join(random.choice(WORDS, random.integers(1, 13)))


def spoken_digits(work: Path) -> Bank:
    """Single digits, each in a voice of its own."""
    random = np.random.default_rng(DIGIT_SEED)
    texts = [WORDS[i % 10] for i in range(SPOKEN_DIGITS)]
    return load_or_speak(work / "digits.npz", texts, partial(random_voice, random))


def music(work: Path) -> Pieces:
    """Pieces in which nobody speaks."""
    from training.fluidsynth import load_or_play  # needs mido, which figures do not

    return load_or_play(work / "music.npz", PIECES, MUSIC_SEED)


def held_out_sentences(work: Path) -> Bank:
    """Sentences that are not among those learnt from, in the same voices."""
    known = set(sentences(work).texts)
    random = np.random.default_rng(HELD_OUT_SEED)
    fresh = (text for text in iter(lambda: sentence(random), None) if text not in known)
    texts = [next(fresh) for _ in range(HELD_OUT)]
    return load_or_speak(work / "held_out.npz", texts, partial(random_voice, random))
