"""From timed tokens to segments with text, and from segments to the whole text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from max_whisper.decoding.result import DecodingResult
from max_whisper.timestamps import TimedTokens, Window
from max_whisper.tokenizer import Tokenizer
from max_whisper.transcript import Segment


class SegmentWriter:
    """Gives timed tokens their text; ids count through what one writer has written."""

    def __init__(self, tokenizer: Tokenizer, *, tells_language: bool = False) -> None:
        self._tokenizer = tokenizer
        self._tells_language = tells_language
        self._ids = count()

    def write(
        self, pieces: Sequence[TimedTokens], result: DecodingResult, window: Window
    ) -> list[Segment]:
        """The segments of a window that was decoded as `result`."""
        return [self._segment(piece, result, window) for piece in pieces]

    def _segment(
        self, piece: TimedTokens, result: DecodingResult, window: Window
    ) -> Segment:
        text, tokens = self.text(piece), piece.tokens
        emptied = piece.start == piece.end or not text.strip()
        if emptied:
            text, tokens = "", ()  # it keeps its id, but says nothing
        return Segment(
            id=next(self._ids),
            seek=window.seek,
            start=piece.start,
            end=piece.end,
            text=text,
            tokens=tokens,
            temperature=result.temperature,
            avg_logprob=result.avg_logprob,
            compression_ratio=result.compression_ratio,
            no_speech_prob=result.no_speech_prob,
            words=() if emptied else piece.words,  # so in openai/whisper
            language=result.language if self._tells_language else None,
        )

    def text(self, piece: TimedTokens) -> str:
        """What was said, without times."""
        eot = self._tokenizer.eot
        return self._tokenizer.decode(t for t in piece.tokens if t < eot)


def transcript_text(tokenizer: Tokenizer, segments: Iterable[Segment]) -> str:
    """The text of a whole transcript: that of all its tokens, decoded together.

    A character may be cut by two segments, so their texts joined may differ.
    """
    return tokenizer.decode(token for s in segments for token in s.tokens)
