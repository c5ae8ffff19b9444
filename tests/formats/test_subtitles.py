import pytest
from hypothesis import given
from hypothesis import strategies as st

from max_whisper.errors import OptionError
from max_whisper.formats.layout import SubtitleOptions
from max_whisper.formats.subtitles import format_timestamp, to_srt, to_vtt
from max_whisper.transcript import Word
from tests.formats.recordings import segment, transcript

PLAIN = SubtitleOptions()


def test_srt_numbers_its_cues_and_always_shows_hours() -> None:
    spoken = transcript(segment(" Hello", 0, 1.5), segment(" again", 3600, 3601))
    assert to_srt(spoken, PLAIN) == (
        "1\n00:00:00,000 --> 00:00:01,500\nHello\n\n"
        "2\n01:00:00,000 --> 01:00:01,000\nagain\n\n"
    )


def test_vtt_shows_hours_only_when_there_are_some() -> None:
    spoken = transcript(segment(" Hello", 0, 1.5), segment(" again", 3600, 3601))
    assert to_vtt(spoken, PLAIN) == (
        "WEBVTT\n\n00:00.000 --> 00:01.500\nHello\n\n"
        "01:00:00.000 --> 01:00:01.000\nagain\n\n"
    )


def test_an_arrow_in_the_text_does_not_look_like_a_time() -> None:
    assert "\na -> b\n" in to_srt(transcript(segment("a --> b", 0, 1)), PLAIN)


@pytest.mark.parametrize("place", [0, 1])
def test_an_emptied_segment_keeps_its_cue_and_those_of_others(place: int) -> None:
    segments = [segment(" one", 0, 1)]
    segments.insert(place, segment("", 1, 1, words=()))
    shown = to_srt(transcript(*segments), PLAIN)
    assert shown.count("-->") == 2
    assert "\none\n" in shown


def test_the_spoken_word_is_underlined_and_gaps_show_none() -> None:
    words = (Word(" My", 0.0, 0.5, 1.0), Word(" friends", 0.7, 1.0, 1.0))
    spoken = transcript(segment(" My friends", 0, 1, words=words))
    cues = to_vtt(spoken, SubtitleOptions(highlight_words=True)).split("\n\n")[1:-1]
    assert cues == [
        "00:00.000 --> 00:00.500\n<u>My</u> friends",
        "00:00.500 --> 00:00.700\nMy friends",
        "00:00.700 --> 00:01.000\nMy <u>friends</u>",
    ]


def test_a_layout_without_word_times_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(OptionError, match=r"max_line_width.*word_timestamps"):
        to_srt(transcript(segment("a", 0, 1)), SubtitleOptions(max_line_width=40))


@given(st.floats(0, 1e6))
def test_a_timestamp_reads_back_to_the_millisecond(seconds: float) -> None:
    clock = format_timestamp(seconds, always_include_hours=True)
    hours, minutes, rest = clock.split(":")
    assert int(minutes) < 60
    assert float(rest) < 60
    read = 3600 * int(hours) + 60 * int(minutes) + float(rest)
    assert abs(read - seconds) < 0.001
