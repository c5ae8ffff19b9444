from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from max_whisper.errors import OptionError
from max_whisper.languages import ALIASES, LANGUAGES, language_code


def test_there_are_a_hundred_languages_and_the_newest_is_last() -> None:
    assert len(LANGUAGES) == 100
    assert [*LANGUAGES][:3] == ["en", "zh", "de"]
    assert [*LANGUAGES][-1] == "yue"


def test_every_alias_leads_to_a_language() -> None:
    assert set(ALIASES.values()) <= LANGUAGES.keys()
    assert not ALIASES.keys() & {*LANGUAGES, *LANGUAGES.values()}


@given(st.sampled_from([*LANGUAGES.items()]), st.sampled_from([str.upper, str.title]))
def test_code_and_name_work_in_any_case(
    language: tuple[str, str], case: Callable[[str], str]
) -> None:
    code, name = language
    assert language_code(case(code)) == code
    assert language_code(case(name)) == code


def test_an_alias_is_a_name() -> None:
    assert language_code("Mandarin") == "zh"
    assert language_code(" haitian ") == "ht"


def test_a_misspelt_language_is_an_error_with_a_hint() -> None:
    with pytest.raises(OptionError, match="found 'Engish'; did you mean english"):
        language_code("Engish")


def test_a_language_like_no_other_has_no_hint() -> None:
    with pytest.raises(OptionError, match=r"found '☃'$"):
        language_code("☃")
