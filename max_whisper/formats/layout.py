"""How timed words are laid out as subtitles: lines, their width and their number.

As `iterate_subtitles` in openai/whisper; sentences are our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

from max_whisper.formats.sentences import LONG_PAUSE, sentences
from max_whisper.option import check_whole, option
from max_whisper.transcript import Segment, Word

UNLIMITED = 1000
"""The width of a line and the words in it where no limit is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtitleOptions:
    """The layout of subtitles; all of it needs word times.

    Subtitles end where segments end, unless both `max_line_width` (characters) and
    `max_line_count` are given; with `split_sentences` where sentences end, whatever the
    segments. `highlight_words` shows each subtitle once a word, with the spoken word
    underlined. Raises `OptionError` for a limit below 1.
    """

    max_line_width: int | None = option(None, "most characters in a line")
    max_line_count: int | None = option(
        None, "most lines in a subtitle; needs --max_line_width"
    )
    max_words_per_line: int | None = option(None, "most words in a subtitle")
    split_sentences: bool = option(
        False, "end subtitles where sentences end, whatever the segments"
    )
    highlight_words: bool = option(False, "underline each word as it is spoken")

    def __post_init__(self) -> None:
        for name in ("max_line_width", "max_line_count", "max_words_per_line"):
            value = getattr(self, name)
            if value is not None:
                check_whole(name, value, 1)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of the options that differ from their defaults."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != f.default)

    @property
    def keeps_segments(self) -> bool:
        """Whether a subtitle ends with its segment."""
        return self.max_line_width is None or self.max_line_count is None

    @property
    def keeps_groups(self) -> bool:
        """Whether a subtitle ends with its segment, or with its sentence."""
        return self.keeps_segments or self.split_sentences


@dataclass(slots=True)
class Subtitle:
    """Words that are shown together; a word that begins a new line holds its break."""

    words: list[Word] = field(default_factory=list)
    lines: int = 1
    width: int = 0

    def continue_line(self, word: Word) -> None:
        """Append `word` to the last line, with the space before it."""
        self.words.append(word)
        self.width += len(word.word)

    def begin_line(self, word: Word) -> None:
        """Append `word` as the first of a line."""
        text = word.word.strip()
        broken = self.width > 0
        self.lines += broken
        self.words.append(replace(word, word="\n" + text if broken else text))
        self.width = len(text)


def subtitles(
    segments: Sequence[Segment], options: SubtitleOptions
) -> Iterator[Subtitle]:
    """Lay the words of `segments` out."""
    subtitle = Subtitle()
    for word, begins_group in _grouped_words(segments, options):
        begins_group = begins_group and options.keeps_groups and bool(subtitle.words)
        pause = _is_after_pause(word, subtitle, options)
        if not (begins_group or pause) and _has_room(word, subtitle, options):
            subtitle.continue_line(word)
            continue
        if begins_group or _is_full(subtitle, pause, options):
            yield subtitle
            subtitle = Subtitle()
        subtitle.begin_line(word)
    if subtitle.words:
        yield subtitle


def _grouped_words(
    segments: Sequence[Segment], options: SubtitleOptions
) -> Iterator[tuple[Word, bool]]:
    """Every word, and whether it is the first of its segment (or sentence), or of so
    many words in it.
    """
    size = options.max_words_per_line or UNLIMITED
    groups: Iterable[Sequence[Word]] = (segment.words or () for segment in segments)
    if options.split_sentences:
        groups = sentences(word for words in groups for word in words)
    for group in groups:
        for place, word in enumerate(group):
            yield word, place % size == 0


def _is_after_pause(word: Word, subtitle: Subtitle, options: SubtitleOptions) -> bool:
    if options.keeps_segments or not subtitle.words:
        return False
    return word.start - subtitle.words[-1].start > LONG_PAUSE


def _has_room(word: Word, subtitle: Subtitle, options: SubtitleOptions) -> bool:
    width = options.max_line_width or UNLIMITED
    return subtitle.width > 0 and subtitle.width + len(word.word) <= width


def _is_full(subtitle: Subtitle, pause: bool, options: SubtitleOptions) -> bool:
    if options.max_line_count is None or not subtitle.words:
        return False
    return pause or subtitle.lines >= options.max_line_count
