"""What was heard in a recording and left out of its transcript."""

from __future__ import annotations

from collections.abc import Sequence

from max_whisper.timestamps import TimedTokens
from max_whisper.transcript import Dropped


class LeftOut:
    """Grows window by window.

    What is taken back is heard again by a later window: it is left out only as long as
    nothing else was told of its time.
    """

    def __init__(self) -> None:
        self._dropped: list[Dropped] = []
        self._taken_back: list[Dropped] = []

    @property
    def all(self) -> list[Dropped]:
        """In the order of their times."""
        return sorted([*self._dropped, *self._taken_back], key=lambda one: one.start)

    def drop(self, pieces: Sequence[Dropped]) -> None:
        """Leave out for good."""
        self.settle(pieces)
        self._dropped += pieces

    def take_back(self, pieces: Sequence[Dropped]) -> None:
        """Leave out until it is heard again, if it is."""
        self.settle(pieces)
        self._taken_back += pieces

    def settle(self, pieces: Sequence[TimedTokens | Dropped]) -> None:
        """Forget what was taken back of the times of these."""
        self._taken_back = [
            one
            for one in self._taken_back
            if not any(one.start < new.end and new.start < one.end for new in pieces)
        ]
