"""Text to tokens and back, by the vocabulary that a checkpoint brings."""

from max_whisper.tokenizer.special_tokens import SpecialTokens
from max_whisper.tokenizer.tokenizer import Tokenizer
from max_whisper.tokenizer.words import split_to_words

__all__ = ["SpecialTokens", "Tokenizer", "split_to_words"]
