import pytest

from max_whisper.errors import OptionError
from max_whisper.formats import FORMATS, SubtitleOptions, render
from tests.formats.recordings import segment, transcript

SPOKEN = transcript(segment(" Ask not", 0, 1))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_what_was_said(name: str) -> None:
    assert "Ask not" in render(SPOKEN, name)


def test_formats_without_layout_take_any() -> None:
    options = SubtitleOptions(max_line_width=3)
    assert render(SPOKEN, "txt", options) == "Ask not\n"


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(OptionError, match="txt, vtt, srt, tsv, json, found 'docx'"):
        render(SPOKEN, "docx")
