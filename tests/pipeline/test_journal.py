"""A transcription that is cut off and goes on says what one in one go says."""

from __future__ import annotations

import errno
import fcntl
import subprocess
import sys
from itertools import islice
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from max_whisper.engine.protocol import Mel
from max_whisper.errors import OutputError
from max_whisper.pipeline.batches import hear
from max_whisper.pipeline.journal import JournalPlan, begin_anew
from max_whisper.pipeline.language import Language
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.recording import Recording, Sound, walks_through
from max_whisper.pipeline.stream import SegmentStream, transcribe
from max_whisper.transcript import Segment
from tests.fakes import (
    FakeEngine,
    FakeTokenizer,
    fake_config,
    numbered_mel,
    random_logits,
)

TOKENIZER = FakeTokenizer()
MEL = numbered_mel(20_000)
CHOICES: list[dict[str, Any]] = [
    {},
    {"word_timestamps": True, "hallucination_silence_threshold": 1.0},
    {"cut_at_silence": True, "condition_on_previous_text": False},
    {"multilingual": True, "language_detection_threshold": 0.6},
]


def heard(
    path: Path, windows: int | None = None, mel: Mel = MEL, **choices: Any
) -> tuple[list[Segment], int]:
    """The segments of so many windows, and how often the engine was asked."""
    engine = FakeEngine(fake_config(TOKENIZER), random_logits(TOKENIZER, 11))
    options = TranscribeOptions.from_keywords(language="en", **choices)
    walks = walks_through(engine, TOKENIZER, mel, options)
    journal = JournalPlan(path, "a model").open(mel, options)
    for walk in walks:
        walk.journal = journal
    recording = Recording(Language("en"), Sound(mel, len(mel.frames) / 100), walks)
    pairs = [(None, walk) for walk in walks]
    found = islice(hear(engine, TOKENIZER, pairs, batch_size=3), windows)
    segments = [s for _, walk, told in found for s in recording.add(walk, told)]
    return segments, len(engine.samplings)


@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_it_goes_on_where_it_was_cut_off(
    tmp_path: Path, choices: dict[str, Any]
) -> None:
    whole, steps = heard(tmp_path / "whole", **choices)
    path = tmp_path / "cut"
    heard(path, windows=4, **choices)
    with path.open("a") as file:
        file.write('{"first": 0, "seek": 12, "res')
    heard(path, windows=6, **choices)
    again, fewer = heard(path, **choices)
    assert again == whole
    assert 0 < fewer < steps
    assert heard(path, **choices) == (whole, 0)


def test_another_recording_or_other_options_begin_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    whole, steps = heard(path)
    text = path.read_text()
    assert heard(path, initial_prompt=" one")[1] > 0
    assert path.with_name("journal.old").read_text() == text
    assert heard(path) == (whole, steps)
    assert heard(path, mel=numbered_mel(20_001))[1] > 0


def test_the_size_of_batches_does_not_matter(tmp_path: Path) -> None:
    whole, _ = heard(tmp_path / "journal", batch_size=3)
    assert heard(tmp_path / "journal", batch_size=1) == (whole, 0)


def test_clips_that_overlap_are_told_apart(tmp_path: Path) -> None:
    for choices in CHOICES[0], CHOICES[2]:
        clips = choices | {"clip_timestamps": "0,10,0,30,5,60"}
        path = tmp_path / f"{len(choices)}"
        whole, _ = heard(tmp_path / f"whole{len(choices)}", **clips)
        heard(path, windows=2, **clips)
        assert heard(path, **clips)[0] == whole


def test_another_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine\n")
    with pytest.raises(OutputError, match="expected a journal"):
        heard(path)
    assert path.read_text() == "mine\n"


def test_a_journal_that_another_process_writes_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    whole, _ = heard(path)
    other = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.flock(file, fcntl.LOCK_EX)
print(flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", other, path]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()
        with pytest.raises(OutputError, match="another transcription"):
            heard(path)
        process.stdin.close()
    assert heard(path) == (whole, 0)


def test_a_journal_is_left_to_others_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    options = TranscribeOptions.from_keywords(language="en")
    journal = JournalPlan(path, "a model").open(MEL, options)
    with pytest.raises(OutputError, match="another transcription"):
        begin_anew(path)
    journal.close()
    begin_anew(path)
    assert not path.exists()
    begin_anew(path)


def test_a_journal_that_was_removed_before_it_was_locked_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock = tmp_path / "journal", fcntl.flock
    gone: list[Path] = []

    def removed(*arguments: Any) -> None:
        if not gone:
            path.unlink()
            gone.append(path)
        lock(*arguments)

    monkeypatch.setattr("fcntl.flock", removed)
    whole, _ = heard(path)
    assert path.exists()
    assert heard(path) == (whole, 0)


def test_a_stream_that_is_closed_leaves_its_journal_to_others(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    for reads in (0, 2):
        engine = FakeEngine(fake_config(TOKENIZER), random_logits(TOKENIZER, 11))
        options = TranscribeOptions.from_keywords(language="en")
        walks = walks_through(engine, TOKENIZER, MEL, options)
        walks[0].journal = JournalPlan(path, "a model").open(MEL, options)
        recording = Recording(Language("en"), Sound(MEL, len(MEL.frames) / 100), walks)
        segments = transcribe(engine, TOKENIZER, recording, options)
        with SegmentStream(segments, recording, TOKENIZER) as stream:
            assert len([*islice(stream, reads)]) == reads
        begin_anew(path)


def test_a_file_system_without_locks_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "none")

    monkeypatch.setattr("fcntl.flock", none)
    whole, _ = heard(tmp_path / "journal")
    assert heard(tmp_path / "journal") == (whole, 0)


def test_a_journal_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="expected a journal"):
        heard(tmp_path / "missing" / "journal")
