"""From real sound to words and times, with a model that can hear."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from max_whisper import Transcript, Whisper, demo
from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.cli.main import main
from tests.demo.conftest import DEVICE
from tests.demo.sample import long_words, sample_rows, sample_words, words

LONG = 3
"""Samples in a row: 45 s, more than a window."""
NEAR = 0.2
"""Seconds by which a time may be off."""
NEAR_WORD = 0.25
"""Seconds by which a word may leave its segment."""

MODES: dict[str, dict[str, Any]] = {
    "greedy": {},
    "beams": {"beam_size": 5},
    "without the text before": {"condition_on_previous_text": False},
    "with a prompt": {"initial_prompt": "one two three"},
}


def joined(sample: np.ndarray, times: int) -> np.ndarray:
    """The sample so many times in a row: it ends in a pause."""
    return np.tile(sample, times)


@pytest.mark.parametrize("mode", MODES)
def test_words(model: Whisper, sample: np.ndarray, mode: str) -> None:
    found = model.transcribe(sample, **MODES[mode])
    assert words(found.text) == sample_words()
    assert found.language == "en"


SEARCHES: dict[str, dict[str, Any]] = {
    "greedy": {"temperature": 0},
    "sampling": {"temperature": 0.4, "best_of": 2},
    "beams": {"temperature": 0, "beam_size": 3},
}
in_every_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)


def has_repeated_bigram(tokens: Sequence[int]) -> bool:
    bigrams = list(pairwise(tokens))
    return len(set(bigrams)) < len(bigrams)


@in_every_search
def test_no_bigram_comes_twice_in_a_window(
    model: Whisper, sample: np.ndarray, search: dict[str, Any]
) -> None:
    twice = joined(sample[: int(sample_rows()[1].start * SAMPLE_RATE)], 2)

    def repeats(**choices: Any) -> bool:
        windows: dict[int, list[int]] = {}
        for segment in model.transcribe(twice, **choices, **search).segments:
            text = [token for token in segment.tokens if token < eot]
            windows.setdefault(segment.seek, []).extend(text)
        return any(map(has_repeated_bigram, windows.values()))

    eot = model._tokenizer.eot
    assert repeats()
    assert not repeats(no_repeat_ngram_size=2)


@in_every_search
def test_a_suppressed_text_is_not_said(
    model: Whisper, sample: np.ndarray, search: dict[str, Any]
) -> None:
    found = model.transcribe(sample, suppress_text="seven", **search)
    assert "seven" in sample_words()
    assert "seven" not in words(found.text)
    assert "four" in words(found.text)


def test_a_suppressed_text_of_several_words_may_be_said_apart(
    model: Whisper, sample: np.ndarray
) -> None:
    found = words(model.transcribe(sample, suppress_text=["two nine"]).text)
    assert {"two", "nine"} <= {*found}
    assert ("two", "nine") in pairwise(sample_words())
    assert ("two", "nine") not in pairwise(found)


def test_a_penalty_and_few_new_tokens_are_heeded(
    model: Whisper, sample: np.ndarray
) -> None:
    usual = model.transcribe(sample, temperature=0)
    same = model.transcribe(sample, temperature=0, repetition_penalty=1.0)
    other = model.transcribe(sample, temperature=0, repetition_penalty=5.0)
    short = model.transcribe(sample, temperature=0, max_new_tokens=5)
    assert same == usual
    assert other.text != usual.text
    assert all(len(segment.tokens) <= 5 for segment in short.segments)


def test_hotwords_do_not_hide_what_is_said(model: Whisper, sample: np.ndarray) -> None:
    found = model.transcribe(joined(sample, LONG), hotwords="one two")
    assert words(found.text)[:5] == sample_words()[:5]


def test_words_without_times(model: Whisper, sample: np.ndarray) -> None:
    found = model.transcribe(sample, without_timestamps=True)
    assert words(found.text) == sample_words()
    assert [segment.start for segment in found.segments] == [0.0]


def test_a_segment_for_each_thing_said_at_its_time(
    model: Whisper, sample: np.ndarray
) -> None:
    found = model.transcribe(sample).segments
    said = sample_rows()
    assert [words(segment.text) for segment in found] == [words(s.text) for s in said]
    for segment, row in zip(found, said, strict=True):
        assert segment.start == pytest.approx(row.start, abs=NEAR)
        assert segment.end == pytest.approx(row.end, abs=NEAR)


@pytest.mark.parametrize("reads_before", [True, False])
def test_long_form_loses_and_repeats_nothing(
    model: Whisper, long_sample: np.ndarray, reads_before: bool
) -> None:
    found = model.transcribe(long_sample, condition_on_previous_text=reads_before)
    assert found.duration > 40
    assert words(found.text) == long_words()
    starts = [segment.start for segment in found.segments]
    assert starts == sorted(starts)
    assert len({segment.seek for segment in found.segments}) > 1


def test_every_word_has_a_time_in_its_segment(
    model: Whisper, sample: np.ndarray
) -> None:
    found = model.transcribe(sample, word_timestamps=True).segments
    said = [word for segment in found for word in segment.words or ()]
    assert [w for word in said for w in words(word.word)] == sample_words()
    for segment in found:
        assert segment.words
        # As in openai-whisper, a first or last word may leave its segment a little: the
        # attention of this model goes on to a word before it begins.
        assert segment.words[0].start == pytest.approx(segment.start, abs=NEAR_WORD)
        assert segment.words[-1].end == pytest.approx(segment.end, abs=NEAR_WORD)
    times = [time for word in said for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(0 <= word.probability <= 1 for word in said)


def test_only_the_clips_are_heard(model: Whisper, sample: np.ndarray) -> None:
    _, second, third, *_ = sample_rows()
    clip = f"{second.start - 0.3:.2f},{third.start - 0.3:.2f}"
    found = model.transcribe(sample, clip_timestamps=clip)
    assert words(found.text) == words(second.text)


def test_only_speech_is_heard_with_a_vad_filter(
    model: Whisper, sample: np.ndarray
) -> None:
    silent = np.zeros(20 * SAMPLE_RATE, np.float32)
    sound = np.concatenate([silent, sample, silent])
    found = model.transcribe(sound, vad_filter=True, vad_detector="energy")
    assert words(found.text) == sample_words()
    assert found.speech_duration == pytest.approx(len(sample) / SAMPLE_RATE, abs=1.0)
    for segment, row in zip(found.segments, sample_rows(), strict=True):
        assert segment.start - 20 == pytest.approx(row.start, abs=NEAR)
        assert segment.end - 20 == pytest.approx(row.end, abs=NEAR)


@pytest.mark.parametrize("level", [0.0, 1e-3, 0.1])
def test_nothing_is_heard_where_nobody_speaks(model: Whisper, level: float) -> None:
    noise = np.random.default_rng(0).standard_normal(40 * SAMPLE_RATE)
    found = model.transcribe(np.asarray(level * noise, np.float32))
    assert found.text == ""


def test_speech_after_a_long_silence(model: Whisper, sample: np.ndarray) -> None:
    silent = np.zeros(35 * SAMPLE_RATE, np.float32)
    found = model.transcribe(np.concatenate([silent, sample]))
    assert words(found.text) == sample_words()


def test_loud_and_faint_sound_the_same(model: Whisper, sample: np.ndarray) -> None:
    for gain in (0.05, 1.0):
        assert words(model.transcribe(gain * sample).text) == sample_words()


def test_bytes_and_streams(model: Whisper) -> None:
    data = demo.SAMPLE.read_bytes()
    for source in (data, io.BytesIO(data)):
        assert words(model.transcribe(source).text) == sample_words()


def test_progress_reaches_the_end(model: Whisper, sample: np.ndarray) -> None:
    seen: list[Any] = []
    model.transcribe(joined(sample, 4), progress=seen.append)
    assert len(seen) > 1


@pytest.mark.usefixtures("model")  # which keeps what was compiled
def test_the_command_writes_every_format(tmp_path: Path) -> None:
    flags = ["--model", "demo", "--output_dir", str(tmp_path), "--verbose", "False"]
    assert main(["transcribe", str(demo.SAMPLE), *flags]) == 0
    written = {path.suffix: path.read_text() for path in tmp_path.iterdir()}
    assert set(written) == {".txt", ".srt", ".vtt", ".tsv", ".json"}
    assert words(written[".txt"]) == sample_words()
    assert written[".srt"].count("-->") == len(sample_rows())
    assert words(json.loads(written[".json"])["text"]) == sample_words()


BATCHED: dict[str, dict[str, Any]] = {
    "greedy": {},
    "beams": {"beam_size": 5, "best_of": 5},
    "some fall back": {"logprob_threshold": -0.6, "temperature": (0.0, 0.3, 0.6)},
    "times of words": {"word_timestamps": True},
}


@pytest.mark.parametrize("mode", BATCHED)
def test_recordings_side_by_side_have_the_text_that_they_have_alone(
    model: Whisper, sample: np.ndarray, mode: str
) -> None:
    cuts = (0, 3, 5, 8, 12)
    sounds = [sample[cut * SAMPLE_RATE :] for cut in cuts] + [joined(sample, LONG)]
    if mode == "some fall back" and DEVICE != "cpu":
        pytest.skip("on a GPU a draw may fall otherwise in other company")
    alone = [model.transcribe(sound, **BATCHED[mode]) for sound in sounds]
    if mode == "some fall back":
        temperatures = {s.temperature for one in alone for s in one.segments}
        assert len(temperatures) > 1
    for batch_size in (2, 4, 8):
        found = model.transcribe_many(sounds, batch_size=batch_size, **BATCHED[mode])
        together = {outcome.index: outcome.transcript for outcome in found}
        for index, one in enumerate(alone):
            assert told(together[index]) == told(one)


def test_pieces_side_by_side_have_the_text_that_they_have_in_turn(
    model: Whisper, long_sample: np.ndarray
) -> None:
    cut = {"cut_at_silence": True, "condition_on_previous_text": False}
    alone = model.transcribe(long_sample, batch_size=1, **cut)
    assert words(alone.text) == long_words()
    assert told(model.transcribe(long_sample, batch_size=4, **cut)) == told(alone)


def told(transcript: Transcript | None) -> list[Any]:
    """Texts, tokens, times and temperatures; the text alone where sums are made in
    another order in other company, as a GPU's libraries make them.
    """
    assert transcript
    if DEVICE != "cpu":
        return words(transcript.text)
    return [
        (s.id, s.text, s.tokens, s.start, s.end, s.temperature, s.words)
        for s in transcript.segments
    ]
