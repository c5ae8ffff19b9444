"""The command line's front: finds the subcommand, runs it, and puts errors in a line.

Only what a subcommand needs is imported, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from max_whisper.cli.flags import flags_of, with_underscores
from max_whisper.cli.messages import complain, warnings_told
from max_whisper.errors import MaxWhisperError, OptionError
from max_whisper.version import __version__

COMMANDS = {
    "transcribe": "turn speech into text, subtitles and data",
    "demo": "let the model in the box transcribe its sample, offline",
    "models": "list the models that have a short name",
    "inspect": "show what a model is made of",
}

FAILED = 2


class Parser(argparse.ArgumentParser):
    """A parser whose errors are ours."""

    def error(self, message: str) -> NoReturn:
        """Raise `OptionError` instead of printing the usage."""
        raise OptionError(f"{message}; see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` and return its exit code, 0 or 2."""
    try:
        with warnings_told():
            code = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return code
    except MaxWhisperError as error:
        complain(str(error))
    except KeyboardInterrupt:
        complain("interrupted; what was done is kept, and transcribe --resume goes on")
    except BrokenPipeError:
        # The reader of our output has gone, as in `max-whisper … | head -1`. Python
        # would complain when it flushes, so nothing is left for it to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def build_parser(command: str | None) -> Parser:
    """The parser of the whole command, with the flags of `command` only."""
    parser = Parser(
        prog="max-whisper",
        description="OpenAI's Whisper on Modular MAX.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"max-whisper {__version__}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, help in COMMANDS.items():
        subparser = commands.add_parser(
            name, help=help, description=f"{help.capitalize()}.", allow_abbrev=False
        )
        if name == command:
            _add_flags(subparser, name)
    return parser


def _run(arguments: Sequence[str]) -> int:
    arguments = with_underscores(arguments)
    command = next((word for word in arguments if word in COMMANDS), None)
    parser = build_parser(command)
    chosen = parser.parse_args(arguments)
    code: int = import_module(f"max_whisper.cli.{chosen.command}").run(chosen)
    return code


def _add_flags(parser: argparse.ArgumentParser, command: str) -> None:
    if command == "transcribe":
        help = "sound or video; - is standard input"
        parser.add_argument("audio", nargs="+", metavar="FILE", help=help)
    groups: dict[str, argparse._ArgumentGroup] = {}
    for flag in flags_of(command):
        group = groups.get(flag.group) or parser.add_argument_group(flag.group)
        groups[flag.group] = group
        flag.add_to(group)
