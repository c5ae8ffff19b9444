from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from max_whisper.engine.protocol import DecodingState, Mel
from max_whisper.errors import OptionError
from max_whisper.pipeline.language import choose_language, next_language
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.transcript import Segment
from tests.fakes import (
    LANGUAGES,
    FakeEngine,
    FakeTokenizer,
    Script,
    ScriptedEngine,
    fake_config,
    numbered_mel,
    random_logits,
)
from tests.pipeline.recordings import segments_of

TOKENIZER = FakeTokenizer()
spell = TOKENIZER.spell
SURE_EN, SURE_DE = (0.9, 0.05, 0.05), (0.05, 0.9, 0.05)
PERHAPS_DE, PERHAPS_EN = (0.3, 0.4, 0.3), (0.4, 0.3, 0.3)


class Polyglot(ScriptedEngine):
    """Is told how likely each language is whenever it is asked."""

    def __init__(
        self,
        spoken: Iterable[Sequence[float]],
        scripts: Iterable[Script] = (),
    ) -> None:
        super().__init__(TOKENIZER, scripts)
        self._spoken = iter(spoken)

    def prefill(
        self, features: Any, prompts: Any, *rest: Any, probe: Any = None, **more: Any
    ) -> DecodingState:
        if tuple(prompts[0]) != (TOKENIZER.sot,):
            return super().prefill(features, prompts, *rest, probe=probe, **more)
        probes = np.log([next(self._spoken) for _ in prompts])
        return DecodingState(features, 1, probes.astype(np.float32), None)


@pytest.mark.parametrize("frames", [0, 700, 5000])
def test_a_language_is_detected_unless_it_is_given(frames: int) -> None:
    engine = FakeEngine(fake_config(TOKENIZER), random_logits(TOKENIZER, 2))
    mel = numbered_mel(frames)
    given = TranscribeOptions.from_keywords(language="German")
    assert choose_language(engine, TOKENIZER, mel, given) == ("de", None)
    detected, probability = choose_language(engine, TOKENIZER, mel, TranscribeOptions())
    assert detected in TOKENIZER.language_tokens
    assert probability is not None and 0 < probability <= 1


@pytest.mark.parametrize("frames", [0, 4, 2999, 3000, 3001])
def test_the_window_of_a_language_goes_on_after_the_sound(frames: int) -> None:
    hearing: list[Any] = []

    class Listener(FakeEngine):
        def encode(self, windows: Any) -> Any:
            hearing.append(windows)
            return super().encode(windows)

    engine = Listener(fake_config(TOKENIZER), random_logits(TOKENIZER, 2))
    whole = numbered_mel(6000).frames
    mel = Mel(whole[:frames], tail=whole[frames:])
    choose_language(engine, TOKENIZER, mel, TranscribeOptions())
    np.testing.assert_array_equal(hearing, [whole[np.newaxis, :3000]])


@pytest.mark.parametrize(
    ("spoken", "segments", "expected"),
    [
        ([PERHAPS_DE], 1, "de"),
        ([PERHAPS_DE, SURE_EN], 1, "de"),
        ([PERHAPS_DE, SURE_EN], 2, "en"),
        ([SURE_DE], 3, "de"),
        ([PERHAPS_DE, PERHAPS_EN, (0.5, 0.3, 0.2)], 3, "en"),
    ],
)
def test_windows_are_asked_until_one_is_sure(
    spoken: Sequence[Sequence[float]], segments: int, expected: str
) -> None:
    options = TranscribeOptions(
        language_detection_segments=segments, language_detection_threshold=0.8
    )
    engine = Polyglot(spoken)
    found = choose_language(engine, TOKENIZER, numbered_mel(9000), options)
    asked = np.array(spoken[:segments])
    sure = asked[-1] if asked[-1].max() >= 0.8 else asked.mean(axis=0)
    assert found.code == expected
    assert found.probability == pytest.approx(sure.max())


def test_no_more_windows_are_asked_than_there_are() -> None:
    options = TranscribeOptions(language_detection_segments=5)
    engine = Polyglot([PERHAPS_EN, PERHAPS_DE])
    assert choose_language(engine, TOKENIZER, numbered_mel(3001), options)[0] == "en"


@pytest.mark.parametrize(
    ("spoken", "expected"), [((0.3, 0.4, 0.3), "en"), ((0.1, 0.6, 0.3), "de")]
)
def test_a_language_stays_until_another_is_likely_enough(
    spoken: tuple[float, ...], expected: str
) -> None:
    assert next_language("en", dict(zip(LANGUAGES, spoken, strict=True)), 0.5) == (
        expected
    )


def said(engine: Polyglot, **choices: Any) -> list[Segment]:
    keywords = {"language": "en", "multilingual": True, **choices}
    options = TranscribeOptions.from_keywords(**keywords)
    return list(segments_of(engine, TOKENIZER, numbered_mel(9000), options))


WORDS = [Script(spell(0.0, word, 30.0)) for word in (" one", " two", " three")]


def test_each_window_is_in_its_language_and_reads_what_was_said_in_it() -> None:
    engine = Polyglot([SURE_EN, SURE_DE, PERHAPS_EN], WORDS)
    segments = said(engine)
    assert [segment.language for segment in segments] == ["en", "de", "de"]
    assert [segment.to_dict()["language"] for segment in segments] == ["en", "de", "de"]
    english = TOKENIZER.sot_sequence("en", "transcribe")
    german = TOKENIZER.sot_sequence("de", "transcribe")
    before = (TOKENIZER.sot_prev, *spell(0.0, " two", 30.0))
    assert engine.prompts == [english, german, (*before, *german)]


def test_hotwords_are_read_in_every_language() -> None:
    engine = Polyglot([SURE_EN, SURE_DE, SURE_DE], WORDS)
    said(engine, hotwords="four")
    hotwords = (TOKENIZER.sot_prev, *spell(" four"))
    german = TOKENIZER.sot_sequence("de", "transcribe")
    assert engine.prompts[1] == (*hotwords, *german)


def test_a_window_without_speech_does_not_change_the_language() -> None:
    silent = Script(spell(0.0, " one", 30.0), logprob=-2, no_speech=0.9)
    engine = Polyglot([SURE_EN, SURE_DE, PERHAPS_DE], [WORDS[0], silent, WORDS[2]])
    segments = said(engine, temperature=0)
    assert [segment.language for segment in segments] == ["en", "en"]


def test_without_being_asked_no_segment_has_a_language() -> None:
    segments = said(Polyglot([], WORDS), multilingual=False)
    assert [segment.language for segment in segments] == [None] * 3
    assert "language" not in segments[0].to_dict()


def test_an_english_only_model_cannot_be_asked() -> None:
    options = TranscribeOptions(multilingual=True)
    english = FakeTokenizer(multilingual=False)
    with pytest.raises(OptionError, match="English-only one; use another model"):
        choose_language(Polyglot([]), english, numbered_mel(10), options)
