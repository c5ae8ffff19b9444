"""Flags: OpenAI's names and defaults, both spellings, values as people write them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from max_whisper.cli.choices import temperatures, transcribe_options
from max_whisper.cli.flags import flags_of, with_underscores
from max_whisper.cli.main import COMMANDS, build_parser

OPENAI_DEFAULTS = {
    "model": "turbo",
    "model_dir": None,
    "output_dir": ".",
    "output_format": "all",
    "verbose": True,
    "task": "transcribe",
    "language": None,
    "temperature": 0,
    "best_of": 5,
    "beam_size": 5,
    "patience": None,
    "length_penalty": None,
    "suppress_tokens": "-1",
    "initial_prompt": None,
    "carry_initial_prompt": False,
    "condition_on_previous_text": True,
    "temperature_increment_on_fallback": 0.2,
    "compression_ratio_threshold": 2.4,
    "logprob_threshold": -1.0,
    "no_speech_threshold": 0.6,
    "threads": 0,
    "clip_timestamps": "0",
}


def parse(*arguments: str) -> dict[str, Any]:
    words = ["transcribe", "a.wav", *with_underscores(arguments)]
    return vars(build_parser("transcribe").parse_args(words))


def test_defaults_are_those_of_the_openai_command() -> None:
    found = parse()
    assert {name: found[name] for name in OPENAI_DEFAULTS} == OPENAI_DEFAULTS


def test_hyphens_are_underscores_in_names_only() -> None:
    found = parse("--output-dir=a-b", "--initial-prompt", "well-known", "--beam-size=2")
    assert found["output_dir"] == "a-b"
    assert found["initial_prompt"] == "well-known"
    assert found["beam_size"] == 2
    assert with_underscores(["--", "--a-b"]) == ["--", "--a-b"]


@pytest.mark.parametrize(
    ("flag", "text", "value"),
    [
        ("beam_size", "None", None),
        ("beam_size", "3", 3),
        ("logprob_threshold", "None", None),
        ("logprob_threshold", "-0.5", -0.5),
        ("suppress_tokens", "-1", "-1"),
        ("language", "None", None),
        ("language", "Castilian", "es"),
        ("fp16", "False", False),
        ("verbose", "no", False),
        ("vad_filter", "yes", True),
        ("vad_threshold", "0.4", 0.4),
        ("vad_neg_threshold", "None", None),
        ("vad_max_speech_duration_s", "inf", float("inf")),
        ("vad_speech_pad_ms", "30", 30),
        ("vad_detector", "energy", "energy"),
        ("verbose", "1", True),
    ],
)
def test_values_are_read_as_openai_writes_them(
    flag: str, text: str, value: object
) -> None:
    assert parse(f"--{flag}", text)[flag] == value


def test_a_flag_of_several_texts_may_be_repeated() -> None:
    assert parse()["suppress_text"] is None
    found = parse("--suppress_text", "one two", "--suppress-text=None")
    assert found["suppress_text"] == ["one two", "None"]


def test_every_flag_has_a_help_text_and_a_name_of_its_own() -> None:
    for command in COMMANDS:
        flags = flags_of(command)
        assert all(flag.help for flag in flags)
        assert len({flag.name for flag in flags}) == len(flags)


@pytest.mark.parametrize("first", [0.0, 0.2, 0.3, 1.0])
@pytest.mark.parametrize("increment", [0.1, 0.2, 0.3, 2.0])
def test_temperatures_are_those_of_numpy(first: float, increment: float) -> None:
    expected = tuple(np.arange(first, 1.0 + 1e-6, increment))
    assert temperatures(first, increment) == expected


def test_options_of_the_command_become_keywords() -> None:
    arguments = build_parser("transcribe").parse_args(["transcribe", "a.wav"])
    options = transcribe_options(arguments)
    assert options["temperature"] == pytest.approx((0, 0.2, 0.4, 0.6, 0.8, 1.0))
    assert options["beam_size"] == 5
    assert "output_dir" not in options
