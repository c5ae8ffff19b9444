from max_whisper.formats.text import to_tsv, to_txt
from tests.formats.recordings import segment, transcript

SPOKEN = transcript(
    segment(" My fellow\tAmericans", 0.0, 2.345), segment("", 2.345, 2.345)
)


def test_txt_has_a_line_for_every_segment_even_an_emptied_one() -> None:
    assert to_txt(SPOKEN) == "My fellow\tAmericans\n\n"


def test_tsv_has_whole_milliseconds_and_no_tab_in_the_text() -> None:
    rows = to_tsv(SPOKEN).splitlines()
    assert rows == ["start\tend\ttext", "0\t2345\tMy fellow Americans", "2345\t2345\t"]


def test_silence_is_an_empty_text_and_a_bare_table() -> None:
    assert to_txt(transcript()) == ""
    assert to_tsv(transcript()) == "start\tend\ttext\n"
