from tokenizers.pre_tokenizers import ByteLevel

from max_whisper.tokenizer.byte_level import BYTE_OF, token_bytes


def test_the_alphabet_has_a_letter_for_every_byte() -> None:
    assert sorted(BYTE_OF.values()) == list(range(256))
    assert BYTE_OF.keys() == set(ByteLevel.alphabet())


def test_a_token_may_be_part_of_a_character() -> None:
    assert token_bytes("ðŁ") == b"\xf0\x9f"
    assert token_bytes("") == b""


def test_text_in_no_such_spelling_is_itself() -> None:
    assert token_bytes("日本").decode() == "日本"
