"""What a recording tells of the walks through it, and when."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from max_whisper.pipeline.batches import hear
from max_whisper.pipeline.language import Language
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.pipeline.recording import Progress, Recording, Sound, walks_through
from max_whisper.pipeline.stream import SegmentStream, transcribe
from max_whisper.pipeline.walk import Walk
from max_whisper.transcript import Segment, Transcript
from tests.fakes import FakeTokenizer, Script, ScriptedEngine, numbered_mel
from tests.pipeline.recordings import segments_of

TOKENIZER = FakeTokenizer()
FRAMES = 7000


def in_pieces(**choices: object) -> TranscribeOptions:
    return TranscribeOptions.from_keywords(
        language="en",
        cut_at_silence=True,
        condition_on_previous_text=False,
        **choices,
    )


def scripts() -> list[Script]:
    return [Script(TOKENIZER.spell(0.0, f" {word}", 1.0)) for word in "abc"]


def heard_by(walk: Walk, engine: ScriptedEngine) -> Sequence[Segment]:
    """The segments of a walk that is one window long."""
    [(_, _, segments)] = hear(engine, TOKENIZER, [(None, walk)], 1)
    return segments


def test_only_the_first_piece_reads_the_initial_prompt_unless_it_is_carried() -> None:
    start = TOKENIZER.sot_sequence("en", "transcribe")
    before = (TOKENIZER.sot_prev, *TOKENIZER.spell(" two"))
    for carry, later in ((False, start), (True, (*before, *start))):
        engine = ScriptedEngine(TOKENIZER, scripts())
        options = in_pieces(
            initial_prompt="two", carry_initial_prompt=carry, batch_size=1
        )
        segments = list(segments_of(engine, TOKENIZER, numbered_mel(FRAMES), options))
        assert [(s.id, s.text) for s in segments] == [(0, " a"), (1, " b"), (2, " c")]
        assert engine.prompts == [(*before, *start), later, later]


def test_a_piece_that_is_done_waits_for_those_before_it() -> None:
    engine = ScriptedEngine(TOKENIZER, scripts())
    mel = numbered_mel(FRAMES)
    walks = walks_through(engine, TOKENIZER, mel, in_pieces())
    recording = Recording(Language("en"), Sound(mel, FRAMES / 100), walks)
    first, second, third = walks
    last_size = FRAMES - third.first
    assert recording.add(third, heard_by(third, engine)) == []
    assert recording.progress == Progress(last_size, FRAMES)
    told = recording.add(first, heard_by(first, engine))
    assert [(s.id, s.text) for s in told] == [(0, " b")]
    assert not recording.is_done
    told = recording.add(second, heard_by(second, engine))
    assert [(s.id, s.text) for s in told] == [(1, " c"), (2, " a")]
    assert recording.is_done
    assert recording.progress == Progress(FRAMES, FRAMES)


def transcribed(*scripts: Script) -> Transcript:
    """What is said of 50 s in which these scripts are heard."""
    engine = ScriptedEngine(TOKENIZER, scripts)
    options = TranscribeOptions.from_keywords(language="en")
    mel = numbered_mel(5000)
    walks = walks_through(engine, TOKENIZER, mel, options)
    recording = Recording(Language("en"), Sound(mel, 50.0), walks)
    segments = transcribe(engine, TOKENIZER, recording, options)
    return SegmentStream(segments, recording, TOKENIZER).transcript()


def test_what_is_left_out_is_told_with_the_reason() -> None:
    silent = Script(TOKENIZER.spell(0.0, " two", 1.0), -2.0, no_speech=0.9)
    loud = Script(TOKENIZER.spell(0.0, " one", 1.0))
    transcript = transcribed(silent, loud)
    assert transcript.text == " one"
    [dropped] = transcript.dropped
    assert (dropped.start, dropped.end, dropped.text) == (0.0, 1.0, " two")
    assert dropped.reason == "no speech"
    assert dropped.no_speech_prob == pytest.approx(0.9)
    assert "dropped" not in transcript.to_dict()


def test_what_takes_no_time_is_left_out_and_told() -> None:
    said = TOKENIZER.spell(0.0, " one", 3.0, 3.0, " two", 3.0, 3.0, " three", 30.0)
    transcript = transcribed(Script(said), Script(TOKENIZER.spell(0.0, " four", 20.0)))
    assert [s.text for s in transcript.segments] == [" one", "", " three", " four"]
    [dropped] = transcript.dropped
    assert (dropped.start, dropped.text, dropped.reason) == (3.0, " two", "no duration")
