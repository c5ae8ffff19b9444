"""Music by FluidSynth: sampled instruments, kept in one file, played only once.

Sampled, since a model that has heard sums of partials alone does not know a guitar.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from mido import MidiFile
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio
from training.ensembles import random_piece
from training.excerpts import Pieces

SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
"""Where Debian's package has it."""

SHORTEST, LONGEST = 20, 30
"""Seconds of a piece."""


def load_or_play(path: Path, count: int, seed: int) -> Pieces:
    """The pieces at `path`, which are played first where there are none."""
    if not path.exists():
        pieces = play_all(count, seed)
        ends = np.cumsum([len(piece) for piece in pieces])
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez(file, ends=ends, samples=np.concatenate(pieces))
    kept = np.load(path)
    return np.split(kept["samples"], kept["ends"][:-1])


def play_all(count: int, seed: int) -> Pieces:
    """Each piece from a seed of its own, two processes at a time."""
    randoms = [np.random.default_rng([seed, index]) for index in range(count)]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(play, randoms))


def play(random: np.random.Generator) -> NDArray[np.int16]:
    """A piece, 16 kHz mono, as loud as it can be; in a room or not."""
    seconds = random.uniform(SHORTEST, LONGEST)
    piece = random_piece(random, seconds)
    samples = rendered(piece, random_room(random))[: round(seconds * SAMPLE_RATE)]
    return np.asarray(samples * (32767 / max(1e-6, np.abs(samples).max())), np.int16)


def random_room(random: np.random.Generator) -> Sequence[str]:
    """Flags for reverb and chorus."""
    reverb, chorus = random.random(2) < (0.6, 0.4)
    room = f"synth.reverb.room-size={random.uniform(0.1, 0.9):.2f}"
    return ["-R", str(int(reverb)), "-C", str(int(chorus)), "-o", room]


def rendered(piece: MidiFile, room: Sequence[str]) -> NDArray[np.float32]:
    """16 kHz mono; at 44.1 kHz first, where nothing is folded back."""
    with TemporaryDirectory() as folder:
        score, sound = Path(folder, "piece.mid"), Path(folder, "piece.wav")
        piece.save(score)
        flags = ["-n", "-i", "-q", "-g", "0.25", "-r", "44100", *room]
        flags += ["-o", "synth.dynamic-sample-loading=1", "-T", "wav", "-F", str(sound)]
        command = ["fluidsynth", *flags, str(SOUND_FONT), str(score)]
        subprocess.run(command, check=True, capture_output=True)
        return load_audio(sound)
