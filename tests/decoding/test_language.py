from __future__ import annotations

import numpy as np
import pytest

from max_whisper.decoding.language import detect_language, resolve_language
from max_whisper.decoding.options import DecodingOptions
from max_whisper.errors import OptionError
from tests.fakes import FakeEngine, FakeTokenizer, fake_config, random_logits

MULTILINGUAL = FakeTokenizer()
ENGLISH_ONLY = FakeTokenizer(multilingual=False)


@pytest.mark.parametrize(
    ("tokenizer", "given", "code"),
    [
        (MULTILINGUAL, None, None),
        (MULTILINGUAL, "German", "de"),
        (MULTILINGUAL, "FR", "fr"),
        (ENGLISH_ONLY, None, "en"),
        (ENGLISH_ONLY, "english", "en"),
    ],
)
def test_a_language_is_known_by_code_or_name(
    tokenizer: FakeTokenizer, given: str | None, code: str | None
) -> None:
    assert resolve_language(tokenizer, DecodingOptions(language=given)) == code


@pytest.mark.parametrize(
    ("tokenizer", "options"),
    [
        (MULTILINGUAL, DecodingOptions(language="klingon")),
        (MULTILINGUAL, DecodingOptions(language="ja")),
        (ENGLISH_ONLY, DecodingOptions(language="de")),
        (ENGLISH_ONLY, DecodingOptions(task="translate")),
    ],
    ids=str,
)
def test_what_the_model_has_not_learnt_is_refused(
    tokenizer: FakeTokenizer, options: DecodingOptions
) -> None:
    with pytest.raises(OptionError, match=r"expected .*, found"):
        resolve_language(tokenizer, options)


def test_probabilities_are_of_languages_only_and_sum_to_one() -> None:
    engine = FakeEngine(fake_config(MULTILINGUAL), random_logits(MULTILINGUAL, 1))
    features = engine.encode(np.ones((2, 3000, 2), np.float32))
    for found in detect_language(engine, MULTILINGUAL, features):
        assert list(found) == ["en", "de", "fr"]
        assert sum(found.values()) == pytest.approx(1)


def test_an_english_only_model_detects_nothing() -> None:
    engine = FakeEngine(fake_config(ENGLISH_ONLY), random_logits(ENGLISH_ONLY, 1))
    features = engine.encode(np.ones((1, 3000, 2), np.float32))
    with pytest.raises(OptionError, match="multilingual"):
        detect_language(engine, ENGLISH_ONLY, features)
