from __future__ import annotations

from typing import Any

import pytest

from max_whisper.decoding.options import DecodingOptions
from max_whisper.errors import OptionError
from max_whisper.pipeline.keywords import Keywords
from max_whisper.pipeline.options import TranscribeOptions
from max_whisper.vad.options import VadOptions


def test_flat_keywords_find_their_place() -> None:
    options = TranscribeOptions.from_keywords(
        temperature=0.5, beam_size=5, best_of=5, language="de", logprob_threshold=None
    )
    decoding = DecodingOptions(beam_size=5, best_of=5, language="de")
    assert options == TranscribeOptions(
        temperature=(0.5,), logprob_threshold=None, decoding=decoding
    )


def test_keywords_of_voice_activity_have_a_prefix() -> None:
    options = TranscribeOptions.from_keywords(
        vad_filter=True, vad_threshold=0.4, vad_detector="energy", clip_timestamps=[0]
    )
    assert options.vad_filter
    assert options.vad == VadOptions(threshold=0.4, detector="energy")


@pytest.mark.parametrize(
    ("given", "kept"), [(0, (0.0,)), ([0.0, 0.5], (0.0, 0.5)), ((1.0,), (1.0,))]
)
def test_temperature_is_one_number_or_several(given: Any, kept: Any) -> None:
    assert TranscribeOptions.from_keywords(temperature=given).temperature == kept


def test_defaults_are_those_of_openai() -> None:
    assert TranscribeOptions.from_keywords() == TranscribeOptions()
    assert TranscribeOptions().temperature == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"beam_sise": 5}, "did you mean beam_size?"),
        ({"log_prob_threshold": -1}, "did you mean logprob_threshold?"),
        ({"word_times": True}, "did you mean word_timestamps?"),
        ({"word_timestamps": "yes"}, "word_timestamps"),
        ({"hallucination_silence_threshold": 2.0}, "word_timestamps=True with"),
        ({"append_punctuations": "!"}, "word_timestamps=True with append"),
        ({"append_punctuations": None}, "append_punctuations"),
        ({"prompt": "one"}, "initial_prompt"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": None}, "temperature"),
        ({"beam_size": 2.5}, "beam_size"),
        ({"logprob_threshold": "low"}, "logprob_threshold"),
        ({"initial_prompt": 5}, "initial_prompt"),
        ({"hotwords": ["one"]}, "hotwords"),
        ({"condition_on_previous_text": "no"}, "condition_on_previous_text"),
        ({"carry_initial_prompt": None}, "carry_initial_prompt"),
        ({"clip_timestamps": 5}, "clip_timestamps"),
        ({"clip_timestamps": "x"}, "clip_timestamps"),
        ({"vad_filter": "yes"}, "vad_filter"),
        ({"vad_filter": True, "clip_timestamps": "0,5"}, "found both"),
        ({"vad_filter": True, "vad_threshold": 2}, "vad_threshold"),
        (
            {"vad_threshold": 0.4},
            "expected vad_filter with vad_threshold, found it off",
        ),
        ({"vad_treshold": 0.4}, "did you mean vad_threshold?"),
        ({"fp16": False}, "found 'fp16'; precision is load_model(dtype=…)"),
        ({"vad_parameters": {}}, "they are options of their own"),
        ({"vad": VadOptions()}, "found 'vad'"),
        ({"decoding": DecodingOptions()}, "found 'decoding'"),
    ],
    ids=str,
)
def test_an_unknown_or_wrong_keyword_is_refused(
    wrong: dict[str, Any], hint: str
) -> None:
    with pytest.raises(OptionError) as caught:
        TranscribeOptions.from_keywords(**wrong)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [DecodingOptions(prompt="one"), DecodingOptions(temperature=0.5)]
)
def test_what_changes_from_window_to_window_has_no_place_in_decoding(
    wrong: DecodingOptions,
) -> None:
    with pytest.raises(OptionError, match="in place of it"):
        TranscribeOptions(decoding=wrong)


def test_keywords_have_help_texts_and_one_temperature() -> None:
    keywords = TranscribeOptions.keywords()
    assert {"temperature", "beam_size", "initial_prompt"} <= keywords.keys()
    assert {"vad_filter", "vad_threshold", "vad_speech_pad_ms"} <= keywords.keys()
    assert not {"decoding", "prompt", "vad", "threshold"} & keywords.keys()
    assert all(field.metadata["help"] for field in keywords.values())
    assert isinstance(keywords["temperature"].default, tuple)


def test_editors_know_every_keyword_and_its_type() -> None:
    known = {n: field.type for n, field in TranscribeOptions.keywords().items()}
    told = {n: type_.__forward_arg__ for n, type_ in Keywords.__annotations__.items()}
    assert told.pop("temperature") == f"float | {known.pop('temperature')}"
    assert told == known
