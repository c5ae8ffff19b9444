"""Flags made from the options: a name, a default and a help text are written once.

Names and defaults are those of the command of openai/whisper, whose defaults for
`best_of`, `beam_size` and the temperatures differ from its `transcribe()`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, fields
from typing import Any, TypeAlias

from max_whisper.errors import OptionError
from max_whisper.languages import language_code

Parse: TypeAlias = Callable[[str], Any]

CLI_DEFAULTS: Mapping[str, Any] = {"best_of": 5, "beam_size": 5}
"""Where the command of openai/whisper differs from its `transcribe()`."""


def boolean(text: str) -> bool:
    """Read `True` or `False`, also as yes and no or 1 and 0."""
    words = {"true": True, "yes": True, "1": True}
    words |= {"false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise argparse.ArgumentTypeError(f"expected True or False, found {text!r}")
    return words[text.lower()]


def optional(parse: Parse) -> Parse:
    """Read what `parse` reads, or `None`."""

    def parse_optional(text: str) -> Any:
        return None if text.lower() == "none" else parse(text)

    parse_optional.__name__ = parse.__name__
    return parse_optional


def language(text: str) -> str:
    """Read a language by code or name, as its code."""
    try:
        return language_code(text)
    except OptionError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def number_or_word(text: str) -> int | str:
    """Read a whole number, or a word such as `auto`."""
    return int(text) if text.lstrip("-").isdigit() else text


PARSERS: Mapping[str, Parse] = {
    "bool": boolean,
    "int": int,
    "float": float,
    "int | str": number_or_word,
}
"""The type of a field, without its `| None`, to what reads it; all else is text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One `--name VALUE` of a command."""

    name: str
    help: str
    group: str
    default: Any = None
    parse: Parse = str
    choices: tuple[str, ...] | None = None
    short: str | None = None
    required: bool = False
    repeats: bool = False

    @classmethod
    def of(cls, name: str, field: Field[Any], group: str) -> Flag:
        """The flag of an options field, which may be shorter than its flag."""
        kind, none, _ = str(field.type).partition(" | None")
        parse = language if name == "language" else PARSERS.get(kind, str)
        repeats = field.metadata.get("repeats", False)
        is_optional = bool(none) and not repeats  # left out, it is None
        return cls(
            name=name,
            help=field.metadata["help"],
            group=group,
            default=CLI_DEFAULTS.get(name, field.default),
            parse=optional(parse) if is_optional else parse,
            choices=field.metadata.get("choices"),
            repeats=repeats,
        )

    @property
    def spellings(self) -> tuple[str, ...]:
        """What the user may write: the short form, if there is one, and the name."""
        return (*filter(None, [self.short]), f"--{self.name}")

    def add_to(self, group: argparse._ArgumentGroup) -> None:
        """Make an argument of it."""
        shown = "" if self.required else f" (default: {self.default})"
        group.add_argument(
            *self.spellings,
            dest=self.name,
            action="append" if self.repeats else "store",
            type=self.parse,
            default=self.default,
            choices=self.choices,
            required=self.required,
            metavar=None if self.choices else self.name.rpartition("_")[2].upper(),
            help=(self.help + shown).replace("%", "%%"),
        )


def flags_of(command: str) -> list[Flag]:
    """The flags of a subcommand, in the order of its help."""
    if command == "transcribe":
        return [
            *_model_flags(),
            *_output_flags(),
            *_subtitle_flags(),
            *_transcribe_flags(),
        ]
    if command == "demo":
        return list(_engine_flags())
    if command == "inspect":
        return list(_model_flags(required=True))
    return [_model_dir()]


def with_underscores(arguments: Sequence[str]) -> list[str]:
    """Spell `--output-dir=a-b` as `--output_dir=a-b`; what follows `--` is left."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [_with_underscores(word) for word in arguments[:end]] + list(arguments[end:])


def _with_underscores(word: str) -> str:
    if not word.startswith("--"):
        return word
    name, equals, value = word[2:].partition("=")
    return f"--{name.replace('-', '_')}{equals}{value}"


def _model_flags(*, required: bool = False) -> Iterator[Flag]:
    yield Flag(
        name="model",
        help="short name, owner/name on the hub, folder, .pt of OpenAI, or demo",
        group="model",
        default=None if required else "turbo",
        required=required,
    )
    yield _model_dir()
    yield from _engine_flags()
    yield Flag(
        name="fp16",
        help="False is --dtype float32; True and None leave the choice to --dtype",
        group="model",
        parse=optional(boolean),
    )


def _engine_flags() -> Iterator[Flag]:
    from max_whisper.engine.options import EngineOptions

    for field in fields(EngineOptions):
        yield Flag.of(field.name, field, "model")


def _model_dir() -> Flag:
    return Flag(
        name="model_dir",
        help="folder of downloaded models; the cache of the hub if None",
        group="model",
        parse=optional(str),
    )


def _output_flags() -> Iterator[Flag]:
    from max_whisper.formats import FORMATS

    yield Flag(
        name="output_dir",
        short="-o",
        help="folder for the results, made if it is not there",
        group="output",
        default=".",
    )
    yield Flag(
        name="output_format",
        short="-f",
        help="format of the results",
        group="output",
        default="all",
        choices=(*FORMATS, "all"),
    )
    yield Flag(
        name="resume",
        help="pass over files whose results are there, whatever they were made with, "
        "and go on where a run was cut off",
        group="output",
        default=False,
        parse=boolean,
    )
    yield Flag(
        name="verbose",
        help="print segments as they come, of several files when each is finished "
        "(True), or only show progress (False)",
        group="output",
        default=True,
        parse=boolean,
    )


def _subtitle_flags() -> Iterator[Flag]:
    from max_whisper.formats import SubtitleOptions

    for field in fields(SubtitleOptions):
        yield Flag.of(field.name, field, "subtitles, with --word_timestamps True")


def _transcribe_flags() -> Iterator[Flag]:
    from max_whisper.pipeline.options import TranscribeOptions

    yield Flag(
        name="temperature",
        help="temperature of sampling; 0 takes the best tokens",
        group="transcription",
        default=0.0,
        parse=float,
    )
    yield Flag(
        name="temperature_increment_on_fallback",
        help="step to the next temperature to try if a window fails; None tries one",
        group="transcription",
        default=0.2,
        parse=optional(float),
    )
    for name, field in TranscribeOptions.keywords().items():
        group = "voice activity" if name.startswith("vad_") else "transcription"
        if name != "temperature":
            yield Flag.of(name, field, group)
