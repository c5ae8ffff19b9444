"""How far ours is from the reference: mel, encoder, decoder, transcripts, speed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import whisper
from whisper.model import Whisper as Reference

from max_whisper.audio.load import load_audio
from tests.parity.ours import Ours
from tests.parity.reference import teacher_forced, transcribe

TIE = 1e-3
"""Log probabilities closer than this may change places."""


@dataclass
class Differences:
    """What was compared, and the largest and mean differences found."""

    mel_max: float = 0.0
    mel_mean: float = 0.0
    encoder: float = 0.0
    tokens: int = 0
    other_argmax: int = 0
    ties: int = 0
    logprob: float = 0.0


def compare_insides(
    ours: Ours, reference: Reference, spoken: Sequence[tuple[Path, str]]
) -> Differences:
    """Mel, encoder output and decoder over the true words of some recordings."""
    found = Differences()
    means = []
    for path, text in spoken:
        mel, window = ours.first_window(path)
        theirs = whisper.log_mel_spectrogram(
            load_audio(path), reference.dims.n_mels, padding=whisper.audio.N_SAMPLES
        )[:, : len(mel.frames)].numpy()
        gap = np.abs(mel.frames[:].T - theirs)
        found.mel_max = max(found.mel_max, float(gap.max()))
        means.append(float(gap.mean()))

        features = ours.engine.encode(window)
        with torch.no_grad():
            padded = whisper.pad_or_trim(torch.from_numpy(theirs), window.shape[1])
            states = reference.encoder(padded[None])
        gap = np.linalg.norm(features.states.to_numpy() - states.numpy())
        gap /= np.linalg.norm(states.numpy())
        found.encoder = max(found.encoder, float(gap))
        _compare_decoder(ours, reference, features, states, text, found)
    found.mel_mean = statistics.fmean(means)
    return found


def _compare_decoder(
    ours: Ours,
    reference: Reference,
    features: Any,
    states: torch.Tensor,
    text: str,
    found: Differences,
) -> None:
    tokenizer = ours.tokenizer
    start = tokenizer.sot_sequence("en", "transcribe")
    words = tokenizer.encode(" " + text)[:200]
    tokens = [*start, tokenizer.no_timestamps, *words]
    expected = teacher_forced(reference, states, tokens)
    steps = ours.teacher_forced(features, tokens)
    for step, logprobs in zip(steps, expected, strict=True):
        best = int(logprobs.argmax())
        mine = int(step.tokens[0, 0])
        found.tokens += 1
        if mine != best:
            tied = logprobs[best] - logprobs[mine] < TIE
            found.ties += tied
            found.other_argmax += not tied
        gap = np.abs(step.logprobs[0] - logprobs[step.tokens[0]]).max()
        found.logprob = max(found.logprob, float(gap))


@dataclass
class Agreement:
    """Files whose transcripts are the same, and how the others differ."""

    files: int = 0
    same: int = 0
    same_text: int = 0
    differences: list[dict[str, Any]] = field(default_factory=list)


EXACT = ("id", "seek", "start", "end", "text", "tokens")


def compare_transcripts(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], file: str, into: Agreement
) -> bool:
    """Count a file; whether text, segments, times and tokens are all the same."""
    mine = [{key: s[key] for key in EXACT} for s in ours["segments"]]
    other = [{key: s[key] for key in EXACT} for s in theirs["segments"]]
    same = ours["text"] == theirs["text"] and mine == other
    into.files += 1
    into.same += same
    into.same_text += ours["text"] == theirs["text"]
    if not same:
        row = {"file": file, "ours": ours["text"], "theirs": theirs["text"]}
        into.differences.append({**row, "scores": score_gap(ours, theirs)})
    return same


def score_gap(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> float | None:
    """How far apart the scores of the first two different segments are.

    Beam search chooses by this score, so equal scores are a tie of two hypotheses.
    """
    pairs = zip(ours["segments"], theirs["segments"], strict=False)
    for mine, other in pairs:
        if mine["tokens"] != other["tokens"]:
            return abs(float(mine["avg_logprob"] - other["avg_logprob"]))
    return None


def trace(ours: Ours, theirs: Mapping[str, Any]) -> float | None:
    """The gap at the first token where a greedy run left the reference.

    The reference's tokens are matched with the steps of our last transcription; the gap
    is between our choice and theirs, in our log probabilities. None if it lies beyond
    the candidates or in no token at all.
    """
    expected = [token for s in theirs["segments"] for token in s["tokens"]]
    eot = ours.tokenizer.eot
    steps = [s for s in ours.engine.steps if int(s.tokens[0, 0]) != eot]
    for step, token in zip(steps, expected, strict=False):
        if int(step.tokens[0, 0]) == token:
            continue
        places = np.flatnonzero(step.tokens[0] == token)
        if places.size == 0:
            return None
        return float(step.logprobs[0, 0] - step.logprobs[0, places[0]])
    return None


def speed_ratio(
    ours: Ours, reference: Reference, path: Path, rounds: int = 5
) -> tuple[float, float, float]:
    """Medians of the reference's seconds, ours and their ratio, rounds interleaved."""
    seconds: list[tuple[float, float]] = []
    for _ in range(rounds + 1):
        theirs = _timed(lambda: transcribe(reference, path, language="en"))
        ours.engine.features.clear()
        mine = _timed(lambda: ours.transcribe(path, language="en"))
        seconds.append((theirs, mine))
    warm = seconds[1:]
    return (
        statistics.median(theirs for theirs, _ in warm),
        statistics.median(mine for _, mine in warm),
        statistics.median(theirs / mine for theirs, mine in warm),
    )


def _timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
