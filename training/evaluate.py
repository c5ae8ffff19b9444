"""How good the demo model is, by the package itself; figures go into its card.

python -m training.evaluate [--model FOLDER] [--speech FOLDER] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from rich.progress import track

from benchmarks.machine import describe
from max_whisper.api import Whisper, load_model
from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.audio.load import load_audio
from training.digits import Recording, is_left_out, is_official_test, recordings
from training.places import MODEL, RESULTS, SPEECH, WORK
from training.scenes import SHORT_PAUSE, Clip, Samples, Scene, Spoken
from training.sounds import background
from training.sources import held_out_sentences

FILES = 150
SEED = 7
MOST_DIGITS = 20
LONG_PAUSE = (0.7, 1.2)
"""Between strings; a window's first timestamp is at most one second, by a rule."""
LOUDEST_NOISE, FAINTEST_NOISE = 10, 40
NEAR = 0.2


def main() -> None:
    """Every figure of the card, into a JSON file."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate")
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--speech", type=Path, default=SPEECH)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--json", type=Path, default=RESULTS / "demo.json")
    asked = parser.parse_args()
    clips = list(recordings(asked.speech / "digits"))
    with load_model(asked.model, device="cpu") as model:
        figures = {
            "machine": describe(),
            "official_test": digits(model, clips, is_official_test),
            "left_out_speaker": digits(model, clips, is_left_out),
            "no_speech": no_speech(model, asked.speech / "nospeech"),
            "sentences": sentences(model, asked.work),
        }
    asked.json.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


def digits(
    model: Whisper, clips: Sequence[Recording], chosen: Callable[[Recording], bool]
) -> dict[str, float]:
    """Digit error rate and near times over recordings made of the chosen clips."""
    random = np.random.default_rng(SEED)
    speakers = by_speaker([clip for clip in clips if chosen(clip)])
    errors = said = 0
    near: list[bool] = []
    for _ in track(range(FILES), "digits"):
        scene = strings(random, speakers[random.integers(len(speakers))])
        heard = model.transcribe(scene.samples)
        expected = [word for s in scene.segments for word in s.text.split()]
        errors += distance(expected, words(heard.text))
        said += len(expected)
        near += boundaries(scene.segments, heard.segments)
    return {
        "files": FILES,
        "digits": said,
        "digit_error_rate": errors / said,
        "times": len(near),
        "times_within_0.2_s": float(np.mean(near)),
    }


def by_speaker(clips: Sequence[Recording]) -> list[list[Recording]]:
    """The recordings of each speaker."""
    speakers = sorted({clip.speaker for clip in clips})
    return [[clip for clip in clips if clip.speaker == speaker] for speaker in speakers]


def strings(random: np.random.Generator, speaker: Sequence[Recording]) -> Scene:
    """One to five strings of digits by one speaker, with pauses and noise."""
    parts = [silence(random, (0, 0.9))]
    segments: list[Spoken] = []
    for _ in range(int(random.integers(1, 6))):
        clip = string(random, speaker)
        start = sum(map(len, parts)) / SAMPLE_RATE
        segments.append(Spoken(start, start + clip.seconds, clip.text))
        parts += [clip.samples, silence(random, LONG_PAUSE)]
    samples = np.concatenate(parts)
    ratio = 10 ** (-random.uniform(LOUDEST_NOISE, FAINTEST_NOISE) / 20)
    level = np.sqrt(np.mean(samples**2))
    samples = samples + level * ratio * background(random, len(samples))
    return Scene(np.asarray(samples, np.float32), segments)


def string(random: np.random.Generator, speaker: Sequence[Recording]) -> Clip:
    """One to twenty digits as they were recorded."""
    count = int(random.integers(1, MOST_DIGITS + 1))
    chosen = [speaker[i] for i in random.integers(len(speaker), size=count)]
    parts: list[Samples] = []
    for recording in chosen:
        parts += [recording.samples, silence(random, SHORT_PAUSE)]
    text = " ".join(recording.word for recording in chosen)
    return Clip(text, np.concatenate(parts[:-1]), words=())


def silence(random: np.random.Generator, seconds: tuple[float, float]) -> Samples:
    """Between so many and so many seconds of nothing."""
    return np.zeros(round(random.uniform(*seconds) * SAMPLE_RATE), np.float32)


class Timed(Protocol):
    """What begins and ends, in seconds."""

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


def boundaries(expected: Sequence[Timed], found: Sequence[Timed]) -> Iterator[bool]:
    """For every start and end: whether the segment that overlaps most is near."""
    for segment in expected:
        best = max(found, key=lambda other: overlap(segment, other), default=None)
        if best is None:
            yield from (False, False)
        else:
            yield abs(best.start - segment.start) <= NEAR
            yield abs(best.end - segment.end) <= NEAR


def overlap(one: Timed, other: Timed) -> float:
    """Seconds in which both go on; negative where they are apart."""
    return min(one.end, other.end) - max(one.start, other.start)


def no_speech(model: Whisper, folder: Path) -> dict[str, str]:
    """What is heard where nothing is said: the text of each file."""
    silent = np.zeros(60 * SAMPLE_RATE, np.float32)
    heard = {p.name: load_audio(p) for p in sorted(folder.glob("*.*"))}
    heard["60 s of silence"] = silent
    return {name: model.transcribe(sound).text for name, sound in heard.items()}


def sentences(model: Whisper, work: Path) -> dict[str, float]:
    """Word error rate over sentences that were never learnt from."""
    bank = held_out_sentences(work)
    errors = said = 0
    for i in track(range(len(bank)), "sentences"):
        said_here = bank.utterance(i)
        expected = words(said_here.text)
        found = words(model.transcribe(said_here.samples).text)
        errors += distance(expected, found)
        said += len(expected)
    return {"sentences": len(bank), "words": said, "word_error_rate": errors / said}


def words(text: str) -> list[str]:
    """Lower case, without punctuation."""
    return re.findall(r"[a-z']+", text.lower().replace("-", " "))


def distance(expected: Sequence[str], found: Sequence[str]) -> int:
    """Fewest insertions, deletions and substitutions from one to the other."""
    row = list(range(len(found) + 1))
    for i, word in enumerate(expected, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(found, 1):
            change = diagonal + (word != other)
            diagonal, row[j] = row[j], min(change, row[j] + 1, row[j - 1] + 1)
    return row[-1]


if __name__ == "__main__":
    main()
