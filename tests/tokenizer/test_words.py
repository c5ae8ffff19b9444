from hypothesis import given
from hypothesis import strategies as st

from max_whisper.tokenizer import Tokenizer, split_to_words
from tests.tiny_tokenizer import tiny_tokenizer_json

TOKENIZER = Tokenizer.from_json(tiny_tokenizer_json(), is_multilingual=True)
LANGUAGES = st.sampled_from([None, "en", "ja"])
TEXTS = st.text(st.sampled_from([*"abé日本♪🎉 .,-'"]))


def words(text: str, language: str | None) -> list[str]:
    return split_to_words(TOKENIZER, TOKENIZER.encode(text), language)[0]


def test_words_begin_at_spaces_and_punctuation_stands_alone() -> None:
    assert words(" Hello the, world!", "en") == [" Hello", " the", ",", " world", "!"]


def test_languages_without_spaces_are_cut_at_characters() -> None:
    assert words("日本の", "ja") == ["日", "本", "の"]
    assert words("日本の", "en") == ["日本の"]


def test_special_tokens_are_words() -> None:
    tokens = [*TOKENIZER.encode(" the"), TOKENIZER.eot]
    texts, groups = split_to_words(TOKENIZER, tokens, "en")
    assert texts == [" the", "<|endoftext|>"]
    assert groups == [tokens[:1], tokens[1:]]


def test_no_tokens_are_no_words() -> None:
    assert split_to_words(TOKENIZER, [], "en") == ([], [])


@given(TEXTS, LANGUAGES)
def test_no_character_is_cut(text: str, language: str | None) -> None:
    assert "".join(words(text, language)) == text


@given(st.lists(st.integers(0, TOKENIZER.timestamp_begin + 1500)), LANGUAGES)
def test_no_token_is_lost_whatever_comes(
    tokens: list[int], language: str | None
) -> None:
    _, groups = split_to_words(TOKENIZER, tokens, language)
    assert [token for group in groups for token in group] == tokens
    assert all(groups)
