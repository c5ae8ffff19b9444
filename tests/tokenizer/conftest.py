from __future__ import annotations

import pytest

from max_whisper.tokenizer import Tokenizer
from tests.tiny_tokenizer import tiny_tokenizer_json


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_json(tiny_tokenizer_json(), is_multilingual=True)


@pytest.fixture(scope="session")
def english() -> Tokenizer:
    text = tiny_tokenizer_json(multilingual=False)
    return Tokenizer.from_json(text, is_multilingual=False)
