"""Write docs/cli.md and docs/python.md from the flags and options themselves.

python docs/generate.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from itertools import groupby
from pathlib import Path
from typing import Any

from max_whisper.cli.flags import Flag, flags_of
from max_whisper.cli.main import COMMANDS
from max_whisper.engine.options import EngineOptions
from max_whisper.pipeline.options import ELSEWHERE, TranscribeOptions

DOCS = Path(__file__).parent

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


PYTHON = """\
# From Python

Made by `make docs` from the options themselves; do not edit it by hand.

```python
import max_whisper
from max_whisper.formats import render

with max_whisper.load_model("tiny.en") as model:
    with model.segments("speech.mp3", language="en") as stream:
        for segment in stream:
            print(f"{segment.start:.2f} {segment.end:.2f} {segment.text}")
    print(render(stream.transcript(), "srt"))
```

`transcribe` returns the whole transcript, `segments` yields its parts while the rest
is being heard, `transcribe_many` takes many recordings side by side, and
`detect_language` says which language is spoken. A recording is a path, bytes, a binary
file, or samples at 16 kHz as float32. `max_whisper.formats.render` makes txt, srt, vtt,
tsv and json of a transcript; [examples/subtitles.py](../examples/subtitles.py) uses it,
and [examples/several_gpus.py](../examples/several_gpus.py) has an engine for each GPU.

- **Progress.** `progress=` is called after every window with a `Progress`: `fraction`,
  and mel frames of 10 ms; `transcribe_many` says before it which recording.
- **Cancel** by closing the stream, or by raising in `progress`; `transcript()` then has
  what was heard so far, and with `journal=` another call goes on from there.
- **The device** is `model.runs_on`, such as `cpu, float32` or `gpu, bfloat16`.
- **Threads.** Several threads may use one model at once.
- **Errors** are `max_whisper.AudioError`, `OptionError`, `CheckpointError`,
  `DeviceError` and `OutputError`, all of them `max_whisper.MaxWhisperError`, with a
  line that says what was expected, what was found and what to do.
"""

LOADING = """\
`model_dir` stands in for the hub's cache; `on_compile` makes the context in which a
model is compiled, such as a spinner.
"""

COMING = """
## Coming from openai-whisper or faster-whisper

Options have OpenAI's names, and faster-whisper's where OpenAI has none. The command
searches with five beams, as OpenAI's does; here, as in OpenAI's function, `beam_size`
is None: greedy. `load_model` takes `device` by its name only.

| there | here |
|---|---|
"""


def python_page() -> str:
    """What can be done from Python, and every option."""
    load = {field.name: field for field in fields(EngineOptions)}
    lines = [PYTHON, "## load_model\n", *options(load), "", LOADING]
    lines += ["## transcribe, segments, transcribe_many\n"]
    lines += [*options(TranscribeOptions.keywords()), ""]
    rows = [f"| `{name}` | {place} |" for name, place in ELSEWHERE.items()]
    return "\n".join(lines) + COMING + "\n".join(rows) + "\n"


def options(found: Mapping[str, Field[Any]]) -> Iterator[str]:
    """A table of options by name."""
    yield "| option | default | |"
    yield "|---|---|---|"
    for name, field in found.items():
        made = field.default_factory
        default = field.default if made is MISSING else made()
        yield f"| `{name}` | `{default!r}` | {field.metadata['help']} |"


def cli_page() -> str:
    """The command line, whole."""
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
    (DOCS / "cli.md").write_text(cli_page(), encoding="utf-8")
    (DOCS / "python.md").write_text(python_page(), encoding="utf-8")
