"""Files byte for byte as the writers of the openai-whisper package."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from max_whisper.formats import FORMATS, SubtitleOptions, render
from max_whisper.transcript import Transcript
from tests.formats.recordings import segment, transcript, transcripts

writers = pytest.importorskip(
    "whisper.utils", reason="needs the openai-whisper package (extra: parity)"
)

LIMITS = st.none() | st.integers(1, 15)
LAYOUTS = st.fixed_dictionaries(
    {
        "max_line_width": LIMITS,
        "max_line_count": LIMITS,
        "max_words_per_line": LIMITS,
        "highlight_words": st.booleans(),
    }
)
thorough = settings(max_examples=200, suppress_health_check=list(HealthCheck))


def reference(spoken: Transcript, name: str, options: dict[str, Any]) -> str:
    file = io.StringIO()
    writer = writers.get_writer(name, ".")
    writer.write_result(spoken.to_dict(), file=file, options=options)
    return file.getvalue()


@pytest.mark.parametrize("name", FORMATS)
@given(spoken=transcripts(with_words=False))
@thorough
def test_segments_are_written_alike(name: str, spoken: Transcript) -> None:
    assert render(spoken, name) == reference(spoken, name, {})


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("texts", [("",), ("", ""), (" one", ""), (" one", "", " two")])
def test_emptied_segments_are_written_alike(name: str, texts: tuple[str, ...]) -> None:
    segments = [segment(text, 0, 1, words=None if text else ()) for text in texts]
    spoken = transcript(*segments)
    assert render(spoken, name) == reference(spoken, name, {})


@pytest.mark.parametrize("name", FORMATS)
@given(spoken=transcripts(with_words=True), layout=LAYOUTS)
@thorough
def test_words_are_laid_out_alike(
    name: str, spoken: Transcript, layout: dict[str, Any]
) -> None:
    ours = render(spoken, name, SubtitleOptions(**layout))
    assert ours == reference(spoken, name, layout)
