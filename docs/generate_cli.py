"""Write docs/cli.md from the flags that the command itself is made of.

python docs/generate_cli.py
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from max_whisper.cli.flags import Flag, flags_of
from max_whisper.cli.main import COMMANDS

PAGE = Path(__file__).with_name("cli.md")

INTRODUCTION = """\
# The command line

Made by `make docs` from the flags themselves; do not edit it by hand.

Names and defaults are those of the command of openai/whisper. Hyphens do as well as
underscores: `--output-dir` is `--output_dir`. True and False may also be written as yes
and no, or 1 and 0. An error is one line on standard error. The exit code is 0 if all
went well, and 2 if anything did not or it was interrupted.
"""

SYNOPSES = {
    "transcribe": "max-whisper transcribe FILE… [flags]",
    "demo": "max-whisper demo [flags]",
    "models": "max-whisper models [flags]",
    "inspect": "max-whisper inspect --model MODEL [flags]",
}


def page() -> str:
    """The whole page as Markdown."""
    return INTRODUCTION + "".join(section(command) for command in COMMANDS)


def section(command: str) -> str:
    """One subcommand: what it does and a table of flags for each group."""
    lines = [f"\n## {command}\n", f"{COMMANDS[command].capitalize()}.\n"]
    lines += [f"```\n{SYNOPSES[command]}\n```\n"]
    flags = sorted(flags_of(command), key=lambda flag: flag.group)
    for group, members in groupby(flags, key=lambda flag: flag.group):
        lines.append("\n".join(table(group, members)) + "\n")
    return "\n".join(lines)


def table(group: str, flags: Iterator[Flag]) -> Iterator[str]:
    """The flags of one group, one a row."""
    yield f"| {group} | default | |"
    yield "|---|---|---|"
    for flag in flags:
        names = ", ".join(f"`{spelling}`" for spelling in flag.spellings)
        default = "required" if flag.required else f"`{flag.default}`"
        choices = f" ({', '.join(flag.choices)})" if flag.choices else ""
        yield f"| {names} | {default} | {flag.help}{choices} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
