from __future__ import annotations

from typing import Any

import pytest

from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.recording import Progress
from max_whisper.pipeline.transcript import transcript_text
from max_whisper.transcript import Segment
from tests.fakes import (
    FakeEngine,
    FakeTokenizer,
    Script,
    ScriptedEngine,
    numbered_mel,
)
from tests.pipeline.recordings import segments_of

TOKENIZER = FakeTokenizer()
spell = TOKENIZER.spell


def heard(
    engine: FakeEngine, frames: int = 5000, progress: Any = None, **choices: Any
) -> list[Segment]:
    options = TranscribeOptions.from_keywords(language="en", **choices)
    mel = numbered_mel(frames)
    return list(segments_of(engine, TOKENIZER, mel, options, progress))


def test_a_recording_is_heard_window_by_window() -> None:
    first = spell(0.0, " one", 2.0, 2.0, " two", 20.0, 20.0)
    second = spell(0.0, " three", 5.0)
    engine = ScriptedEngine(TOKENIZER, [Script(first), Script(second)])
    segments = heard(engine)
    assert [(s.id, s.seek, s.start, s.end, s.text) for s in segments] == [
        (0, 0, 0.0, 2.0, " one"),
        (1, 0, 2.0, 20.0, " two"),
        (2, 2000, 20.0, 25.0, " three"),
    ]
    assert transcript_text(TOKENIZER, segments) == " one two three"
    assert engine.windows == [(1, 3000), (2001, 3000)]


def test_each_window_reads_what_was_said_before() -> None:
    words = spell(0.0, " one", 30.0)
    engine = ScriptedEngine(TOKENIZER, [Script(words), Script(words)])
    heard(engine, initial_prompt="two")
    start = TOKENIZER.sot_sequence("en", "transcribe")
    before = (TOKENIZER.sot_prev, *spell(" two"))
    assert engine.prompts == [(*before, *start), (*before, *words, *start)]


@pytest.mark.parametrize(
    "choices", [{"condition_on_previous_text": False}, {"temperature": 0.6}], ids=str
)
def test_nothing_is_read_if_not_wanted_or_said_too_warmly(
    choices: dict[str, Any],
) -> None:
    words = spell(0.0, " one", 30.0)
    engine = ScriptedEngine(TOKENIZER, [Script(words), Script(words)])
    heard(engine, **choices)
    assert engine.prompts == [TOKENIZER.sot_sequence("en", "transcribe")] * 2


def test_segments_that_say_nothing_are_emptied_but_keep_their_ids() -> None:
    said = spell(0.0, " one", 1.0, 1.0, " ", 2.0, 2.0, " two", 2.0, 2.0, " three", 3.0)
    engine = ScriptedEngine(TOKENIZER, [Script(said)])
    segments = heard(engine, frames=400)
    assert [(s.id, s.text, bool(s.tokens)) for s in segments] == [
        (0, " one", True),
        (1, "", False),
        (2, "", False),
        (3, " three", True),
    ]


def test_silence_is_passed_over_and_counted_as_progress() -> None:
    silence = Script(spell(0.0, " one"), -2.0, no_speech=0.9)
    speech = Script(spell(0.0, " two", 1.0))
    calls: list[Progress] = []
    engine = ScriptedEngine(TOKENIZER, [silence, speech])
    segments = heard(engine, progress=calls.append)
    assert [(s.id, s.seek, s.text) for s in segments] == [(0, 3000, " two")]
    assert calls == [Progress(3000, 5000), Progress(5000, 5000)]


def test_clips_are_heard_alone() -> None:
    words = Script(spell(0.0, " one", 1.0))
    engine = ScriptedEngine(TOKENIZER, [words, words])
    segments = heard(engine, clip_timestamps="1,2,30")
    assert engine.windows == [(101, 100), (3001, 2000)]
    assert [s.start for s in segments] == [1.0, 30.0]


def test_closing_the_iterator_stops_the_work() -> None:
    words = Script(spell(0.0, " one", 30.0))
    engine = ScriptedEngine(TOKENIZER, [words] * 10)
    options = TranscribeOptions.from_keywords(language="en")
    segments = segments_of(engine, TOKENIZER, numbered_mel(30000), options)
    assert next(segments).text == " one"
    segments.close()
    assert len(engine.windows) == 1


def test_an_error_in_the_progress_callback_stops_the_work() -> None:
    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    engine = ScriptedEngine(TOKENIZER, [Script(spell(0.0, " one", 30.0))])
    with pytest.raises(KeyboardInterrupt):
        heard(engine, progress=stop)


def test_a_recording_without_frames_has_no_segments() -> None:
    assert heard(ScriptedEngine(TOKENIZER, []), frames=0) == []


def test_a_loop_is_cut_where_asked_and_is_not_read_later() -> None:
    loop = spell(0.0, " one" * 8, 30.0)
    choices = {"compression_ratio_threshold": None, "max_repeats": 3}
    engine = ScriptedEngine(TOKENIZER, [Script(loop), Script(spell(0.0, " two", 5.0))])
    segments = heard(engine, **choices)
    assert [s.text for s in segments] == [" one", " two"]
    said = spell(0.0, " one", 30.0)
    start = TOKENIZER.sot_sequence("en", "transcribe")
    assert engine.prompts[1] == (TOKENIZER.sot_prev, *said, *start)
