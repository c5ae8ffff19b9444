import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from max_whisper.errors import CheckpointError, OptionError
from max_whisper.tokenizer import Tokenizer
from tests.tiny_tokenizer import MERGES, tiny_tokenizer_json

TOKENIZER = Tokenizer.from_json(tiny_tokenizer_json(), is_multilingual=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(" the-♪"))


@given(TEXTS)
def test_decoding_undoes_encoding(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


def test_merges_make_one_token(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode(" the") == [256 + MERGES.index("Ġt he")]


@pytest.mark.parametrize("text", ["<|endoftext|>", "<|0.00|>", "a<|en|>b"])
def test_names_of_special_tokens_in_a_text_are_text(
    tokenizer: Tokenizer, text: str
) -> None:
    tokens = tokenizer.encode(text)
    assert all(token < tokenizer.eot for token in tokens)
    assert tokenizer.decode(tokens) == text


def test_half_a_surrogate_pair_is_replaced(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("a\ud83d")) == "a\ufffd"


def test_decode_drops_times_and_shows_other_special_tokens(
    tokenizer: Tokenizer,
) -> None:
    begin = tokenizer.timestamp_begin
    tokens = [tokenizer.sot, begin, *tokenizer.encode(" the"), begin + 54]
    assert tokenizer.decode(tokens) == "<|startoftranscript|> the"
    timed = tokenizer.decode_with_timestamps(tokens)
    assert timed == "<|startoftranscript|><|0.00|> the<|1.08|>"


def test_half_a_character_is_a_replacement_character(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("é")[:1]) == "\ufffd"


def test_an_id_without_a_token_says_nothing(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode_with_timestamps([10**6]) == ""


def test_the_language_and_the_task_begin_a_transcript(tokenizer: Tokenizer) -> None:
    french = tokenizer.language_tokens["fr"]
    expected = (tokenizer.sot, french, tokenizer.translate)
    assert tokenizer.sot_sequence("fr", "translate") == expected
    english = tokenizer.sot_sequence("en", "transcribe")
    assert tokenizer.sot_sequence(None, "transcribe") == english


def test_an_english_model_has_no_language_and_no_task(english: Tokenizer) -> None:
    assert english.sot_sequence("fr", "transcribe") == (english.sot,)


@pytest.mark.parametrize(
    ("language", "task", "found"),
    [("yue", "transcribe", "'yue'"), ("en", "do", "'do'")],
)
def test_an_unknown_language_or_task_is_an_error(
    tokenizer: Tokenizer, language: str, task: str, found: str
) -> None:
    with pytest.raises(OptionError, match=f"expected .*found {found}"):
        tokenizer.sot_sequence(language, task)


def test_symbols_that_nobody_speaks(tokenizer: Tokenizer) -> None:
    suppressed = tokenizer.non_speech_tokens
    assert list(suppressed) == sorted(set(suppressed))
    for symbol in ("(", "[", '"', " -", "♪"):
        assert tokenizer.encode(symbol)[0] in suppressed
    for symbol in ("-", "'", ",", ".", "!", "?", "e"):
        assert tokenizer.encode(symbol)[0] not in suppressed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PK\x03", "found no JSON"),
        ("[]", "found no vocabulary"),
        ('{"model": {"vocab": {"a": 0}, "type": "WordPiece"}}', "type WordPiece"),
        ('{"model": {"vocab": {"a": 0}}}', "expected the token <.endoftext.>"),
    ],
)
def test_what_is_no_tokenizer_is_an_error(text: str, found: str) -> None:
    with pytest.raises(CheckpointError, match=found):
        Tokenizer.from_json(text, is_multilingual=True)


def test_a_damaged_vocabulary_is_an_error() -> None:
    content = json.loads(tiny_tokenizer_json())
    content["model"]["merges"] = ["no such"]
    with pytest.raises(CheckpointError, match="expected a byte-level BPE"):
        Tokenizer.from_json(json.dumps(content), is_multilingual=True)
