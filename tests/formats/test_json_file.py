import json

from hypothesis import given
from hypothesis import strategies as st

from max_whisper.formats.json_file import to_json
from max_whisper.transcript import Transcript
from tests.formats.recordings import segment, transcript, transcripts


@given(st.booleans().flatmap(transcripts))
def test_json_holds_the_whole_result(spoken: Transcript) -> None:
    assert json.loads(to_json(spoken)) == spoken.to_dict()


def test_words_are_absent_unless_they_were_asked_for() -> None:
    without, emptied = segment(" a", 0, 1), segment("", 0, 1, words=())
    parts = json.loads(to_json(transcript(without, emptied)))["segments"]
    assert "words" not in parts[0]
    assert parts[1]["words"] == []
