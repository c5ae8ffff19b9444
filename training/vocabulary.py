"""The demo model's tokenizer: byte pairs of our own sentences, laid out as Whisper's.

text pieces │ <|endoftext|> <|startoftranscript|> <|en|> … <|notimestamps|> │ times
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from tokenizers import Tokenizer as BytePairs
from tokenizers import decoders, models, pre_tokenizers, trainers

from max_whisper.tokenizer.special_tokens import NAMES, TIMESTAMPS
from training.digits import WORDS
from training.sentences import sentence

TEXT_TOKENS = 1536
SENTENCES = 40_000

DASH_AND_QUOTE = " - '"
"""Whisper forbids the first tokens of ` -` and ` '`, so each shall be one token."""


def tokenizer_json(random: np.random.Generator) -> str:
    """The text of a `tokenizer.json` with `TEXT_TOKENS` pieces of text."""
    learned = json.loads(learn_pieces(random).to_str())
    learned["added_tokens"] = [
        added_token(token, name)
        for token, name in enumerate(special_names(), start=TEXT_TOKENS)
    ]
    return json.dumps(learned, ensure_ascii=False)


def learn_pieces(random: np.random.Generator) -> BytePairs:
    """Byte pairs from sentences and digits; a space comes first, as in Whisper."""
    pairs = BytePairs(models.BPE())
    pairs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pairs.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=TEXT_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [f" {sentence(random)}" for _ in range(SENTENCES)]
    texts += [f" {' '.join(random.choice(WORDS, 12))}" for _ in range(SENTENCES // 20)]
    texts += [DASH_AND_QUOTE] * SENTENCES
    pairs.train_from_iterator(texts, trainer)
    return pairs


def special_names() -> list[str]:
    """End of text first, times last, as in OpenAI's vocabularies."""
    first, second, *others = NAMES.values()
    return [first, second, "<|en|>", *others, *TIMESTAMPS]


def added_token(token: int, name: str) -> dict[str, Any]:
    """As in Hugging Face's files, where times do not count as special."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": token, "content": name, **flags, "special": not name[2].isdigit()}
