import json
from typing import Any

import pytest

from max_whisper.errors import CheckpointError
from max_whisper.languages import LANGUAGES
from max_whisper.tokenizer import Tokenizer
from tests.tiny_tokenizer import tiny_tokenizer_json


def edited(rename: dict[str, str | None]) -> Tokenizer:
    """A tokenizer with some special tokens renamed, or left out (None)."""
    content: dict[str, Any] = json.loads(tiny_tokenizer_json())
    tokens = content["added_tokens"]
    for token in tokens:
        token["content"] = rename.get(token["content"], token["content"])
    content["added_tokens"] = [token for token in tokens if token["content"]]
    return Tokenizer.from_json(json.dumps(content), is_multilingual=True)


def test_ids_lie_as_in_openai_s_models(tokenizer: Tokenizer) -> None:
    assert tokenizer.eot == 266
    assert tokenizer.sot == tokenizer.eot + 1
    assert tokenizer.language_tokens["en"] == tokenizer.sot + 1
    assert tokenizer.translate == tokenizer.sot + 1 + 99
    assert tokenizer.timestamp_begin == tokenizer.no_timestamps + 1


@pytest.mark.parametrize("count", [99, 100])
def test_languages_are_those_of_the_file_in_order(count: int) -> None:
    text = tiny_tokenizer_json(num_languages=count)
    tokenizer = Tokenizer.from_json(text, is_multilingual=True)
    assert [*tokenizer.language_tokens] == [*LANGUAGES][:count]


def test_names_of_older_files_mean_the_same(tokenizer: Tokenizer) -> None:
    older = edited({"<|nospeech|>": "<|nocaptions|>", "<|he|>": "<|iw|>"})
    assert older.no_speech == tokenizer.no_speech
    assert older.language_tokens == tokenizer.language_tokens
    assert older.decode([older.no_speech]) == "<|nospeech|>"


def test_a_file_without_timestamps_has_them_all_the_same(tokenizer: Tokenizer) -> None:
    times = {f"<|{step * 0.02:.2f}|>": None for step in range(1501)}
    older = edited({**times})
    assert older.timestamp_begin == tokenizer.timestamp_begin
    last = older.timestamp_begin + 1500
    assert older.decode_with_timestamps([last]) == "<|30.00|>"


@pytest.mark.parametrize("name", ["<|endoftext|>", "<|startofprev|>", "<|nospeech|>"])
def test_a_missing_token_is_named(name: str) -> None:
    with pytest.raises(CheckpointError) as error:
        edited({name: None})
    assert f"expected the token {name}" in str(error.value)
