"""The public face, on a model that needs no weights."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import max_whisper
from max_whisper import CheckpointError, OptionError, Progress, api
from tests import stand_in
from tests.tiny_tokenizer import tiny_tokenizer_json

SILENCE = np.zeros(16_000 * 70, np.float32)
BURST = SILENCE.copy()
BURST[60 * 16_000 : 64 * 16_000] = np.random.default_rng(0).normal(0, 0.1, 64_000)
"""Silence, but for 4 s of noise."""


@pytest.fixture(autouse=True)
def engines(monkeypatch: pytest.MonkeyPatch) -> list[stand_in.StandInEngine]:
    return stand_in.install(monkeypatch)


def test_transcribe_returns_all_of_a_file(tmp_path: Path) -> None:
    path = stand_in.write_wav(tmp_path / "a.wav")
    transcript = max_whisper.load_model("tiny.en").transcribe(path)
    assert transcript.text == stand_in.SENTENCE
    assert transcript.language == "en"
    assert transcript.duration == 3.0
    [segment] = transcript.segments
    assert (segment.start, segment.end, segment.text) == (0.0, 2.0, stand_in.SENTENCE)
    assert transcript.to_dict()["segments"][0]["tokens"] == list(segment.tokens)


@pytest.mark.parametrize("kind", ["bytes", "file", "array", "text"])
def test_audio_comes_in_many_forms(tmp_path: Path, kind: str) -> None:
    path = stand_in.write_wav(tmp_path / "a.wav")
    model = max_whisper.load_model("tiny.en")
    with path.open("rb") as file:
        audio = {
            "bytes": path.read_bytes(),
            "file": file,
            "array": np.zeros(48_000, np.float32),
            "text": str(path),
        }[kind]
        assert model.transcribe(audio).text == stand_in.SENTENCE


def test_segments_come_before_the_end_is_known() -> None:
    seen: list[Progress] = []
    model = max_whisper.load_model("tiny")
    stream = model.segments(SILENCE, language="fr", progress=seen.append)
    assert (stream.language, stream.duration, seen) == ("fr", 70.0, [])
    assert [s.start for s in islice(stream, 2)] == [0.0, 30.0]
    assert seen == [Progress(3000, 7000)]
    assert [s.start for s in stream.transcript().segments] == [0.0, 30.0, 60.0]
    assert seen[-1] == Progress(7000, 7000)


def test_many_recordings_come_as_they_finish_and_a_bad_one_does_not_stop_them() -> None:
    seen: list[tuple[int, Progress]] = []
    sources = [SILENCE, b"no sound", SILENCE[:48_000], SILENCE[:100]]
    model = max_whisper.load_model("tiny")
    outcomes = model.transcribe_many(
        iter(sources), language="fr", progress=lambda *facts: seen.append(facts)
    )
    found = {outcome.index: outcome for outcome in outcomes}
    assert list(found) == [1, 3, 2, 0]
    assert found[1].source == b"no sound"
    assert found[1].transcript is None
    assert "expected" in str(found[1].error)
    for index in (0, 2, 3):
        alone = model.transcribe(sources[index], language="fr")
        assert found[index].transcript == alone
        assert found[index].error is None
    assert [p for i, p in seen if i == 0] == [
        Progress(n, 7000) for n in (3000, 6000, 7000)
    ]


def test_options_of_many_recordings_are_checked_at_once() -> None:
    model = max_whisper.load_model("tiny")
    with pytest.raises(OptionError, match="beam_size"):
        model.transcribe_many([], beam_sise=3)


def test_pieces_of_one_recording_share_a_batch() -> None:
    model = max_whisper.load_model("tiny")
    pieces = {"cut_at_silence": True, "condition_on_previous_text": False}
    found = [model.transcribe(BURST, batch_size=n, **pieces) for n in (1, 4)]
    assert found[0] == found[1]
    assert len(found[0].segments) == 3


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"batch_size": 4}, "cut_at_silence=True with batch_size=4"),
        ({"cut_at_silence": True}, "condition_on_previous_text=False"),
        ({"batch_size": 0}, "1 or more for batch_size"),
        ({"batch_size": "many"}, "a whole number or auto for batch_size"),
    ],
)
def test_batches_that_cannot_be_are_refused(
    wrong: dict[str, object], expected: str
) -> None:
    with pytest.raises(OptionError, match=expected):
        max_whisper.load_model("tiny").transcribe(SILENCE, **wrong)


def test_language_is_detected_unless_given() -> None:
    model = max_whisper.load_model("tiny")
    assert model.transcribe(SILENCE).language == "de"
    assert model.transcribe(SILENCE, language="French").language == "fr"


def test_only_speech_is_transcribed_with_a_vad_filter() -> None:
    model = max_whisper.load_model("tiny")
    stream = model.segments(BURST, vad_filter=True, vad_detector="energy")
    assert (stream.language, stream.duration) == ("de", 70.0)
    assert stream.speech_duration == pytest.approx(4.8, abs=0.3)
    transcript = stream.transcript()
    assert transcript.text == stand_in.SENTENCE  # heard in one window, not in three
    assert transcript.speech_duration == stream.speech_duration
    [segment] = transcript.segments
    assert segment.start == pytest.approx(60 - 0.4, abs=0.15)
    assert segment.end == pytest.approx(segment.start + 2.0)
    assert segment.seek == round(100 * segment.start)


def test_silence_is_cut_only_if_asked() -> None:
    found = max_whisper.load_model("tiny").transcribe(BURST)
    assert found.speech_duration is None
    assert len(found.segments) == 3


@pytest.mark.parametrize(("language", "found"), [(None, "en"), ("French", "fr")])
def test_where_nobody_speaks_nothing_is_decoded(
    language: str | None, found: str
) -> None:
    model = max_whisper.load_model("tiny")
    transcript = model.transcribe(
        SILENCE, vad_filter=True, vad_detector="energy", language=language
    )
    assert (transcript.text, transcript.segments) == ("", ())
    assert (transcript.language, transcript.speech_duration) == (found, 0.0)
    assert transcript.duration == 70.0


def test_detect_language_ranks_all_languages() -> None:
    found = max_whisper.load_model("tiny").detect_language(SILENCE)
    assert found.language == next(iter(found.probabilities)) == "de"
    assert found.probability == pytest.approx(1.0)
    assert len(found.probabilities) == 99
    assert sum(found.probabilities.values()) == pytest.approx(1.0)


def test_an_english_only_model_knows_its_language() -> None:
    model = max_whisper.load_model("tiny.en")
    assert model.languages == ("en",)
    assert model.detect_language(SILENCE).probabilities == {"en": 1.0}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("tiny", {"beam_sise": 5}, "did you mean beam_size"),
        ("tiny", {"language": "klingon"}, "klingon"),
        ("tiny", {"task": "sing"}, "sing"),
        ("tiny", {"temperature": -1}, "temperature"),
        ("tiny", {"vad_filter": True, "vad_detector": "ears"}, "ears"),
        ("tiny.en", {"language": "de"}, "multilingual"),
        ("tiny.en", {"task": "translate"}, "multilingual"),
        ("turbo", {"task": "translate"}, "found turbo, which .* use large-v3"),
        ("shallow", {"task": "translate"}, "found shallow, which .* use large-v3"),
    ],
)
def test_options_are_checked_at_the_call(
    name: str, options: dict[str, object], message: str
) -> None:
    model = max_whisper.load_model(name)
    with pytest.raises(OptionError, match=message):
        model.segments("there is no such file.wav", **options)


def test_sound_is_checked_at_the_call() -> None:
    model = max_whisper.load_model("tiny")
    with pytest.raises(max_whisper.AudioError, match=r"missing\.wav"):
        model.segments("missing.wav")


def test_a_closed_model_gives_its_memory_back(
    engines: list[stand_in.StandInEngine],
) -> None:
    with max_whisper.load_model("tiny") as model:
        assert repr(model) == "<Whisper tiny>"
        assert model.is_multilingual and "de" in model.languages
        assert model.config.num_frames == 3000
        assert not engines[0].closed
    assert engines[0].closed


@pytest.mark.parametrize(
    "wrong", [{"dtype": "int3"}, {"device": "gpux"}, {"dtype": "float16"}]
)
def test_a_place_that_cannot_be_is_found_before_the_weights_are(
    wrong: dict[str, str],
) -> None:
    with pytest.raises(OptionError, match=next(iter(wrong))):
        max_whisper.load_model("no such model", **wrong)


@pytest.mark.parametrize(
    ("vocab_size", "languages", "fits"),
    [(None, 99, True), (None, 100, False), (3000, 99, True), (51_865, 99, False)],
)
def test_the_tokenizer_must_be_that_of_the_model(
    monkeypatch: pytest.MonkeyPatch, vocab_size: int | None, languages: int, fits: bool
) -> None:
    found = api.load_checkpoint("tiny")
    config = replace(found.config, vocab_size=vocab_size or found.config.vocab_size)
    text = tiny_tokenizer_json(num_languages=languages)
    checkpoint = replace(found, config=config, tokenizer_json=text)
    monkeypatch.setattr(api, "load_checkpoint", lambda name, cache_dir: checkpoint)
    with nullcontext() if fits else pytest.raises(CheckpointError, match="another"):
        max_whisper.load_model("tiny")


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = "{'numpy', 'max', 'tokenizers', 'av', 'rich'} & set(sys.modules)"
    code = f"import sys, max_whisper, max_whisper.cli.main; print({heavy})"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=dict(os.environ),  # MAX changes the environment behind Python's back
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "set()"


def test_what_was_heard_at_another_precision_is_not_gone_on_with(
    tmp_path: Path, engines: list[stand_in.StandInEngine]
) -> None:
    path = tmp_path / "journal"
    for dtype in ("float32", "float32", "int8"):
        model = max_whisper.load_model("tiny.en", device="cpu", dtype=dtype)
        assert model.runs_on == f"cpu, {dtype}"
        model.transcribe(SILENCE, journal=path)
    assert [len(engine.samplings) > 0 for engine in engines] == [True, False, True]
