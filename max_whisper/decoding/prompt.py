"""What the decoder reads before its first own token.

    <|startofprev|> prompt … <|startoftranscript|> language task prefix …

As `DecodingTask._get_initial_tokens` in openai/whisper, with its token budgets.
"""

from __future__ import annotations

from collections.abc import Sequence

from max_whisper.decoding.options import DecodingOptions
from max_whisper.errors import OptionError
from max_whisper.tokenizer import Tokenizer


def initial_tokens(
    tokenizer: Tokenizer, options: DecodingOptions, context: int
) -> tuple[int, ...]:
    """The tokens of one window's prompt, at most `context`, the decoder's positions.

    `options.language` is a code. Raises `OptionError` for a prefix that is too long.
    """
    begin = [
        *_previous(tokenizer, options.prompt, context // 2 - 1),
        *tokenizer.sot_sequence(options.language, options.task),
    ]
    if options.without_timestamps:
        begin.append(tokenizer.no_timestamps)
    tokens = (*begin, *_prefix(tokenizer, options, context))
    if len(tokens) > context:
        raise OptionError(
            f"expected prompt and prefix to fit in {context} tokens, found "
            f"{len(tokens)}; shorten the prefix"
        )
    return tokens


def sample_length(options: DecodingOptions, context: int) -> int:
    """Tokens to decode at most: half of the context unless the options say."""
    return options.sample_len or options.max_new_tokens or context // 2


def _previous(
    tokenizer: Tokenizer, prompt: str | Sequence[int] | None, budget: int
) -> list[int]:
    if not prompt:
        return []
    return [tokenizer.sot_prev, *_tokens(tokenizer, prompt)[-budget:]]


def _prefix(
    tokenizer: Tokenizer, options: DecodingOptions, context: int
) -> Sequence[int]:
    if not options.prefix:
        return []
    # As in openai/whisper, a budget of zero keeps all: `[-0:]` is the whole list.
    budget = context // 2 - (options.sample_len or context // 2)
    return _tokens(tokenizer, options.prefix)[-budget:]


def _tokens(tokenizer: Tokenizer, words: str | Sequence[int]) -> Sequence[int]:
    """Text as tokens that go on from a space; tokens as they are."""
    if isinstance(words, str):
        return tokenizer.encode(" " + words.strip())
    return words
