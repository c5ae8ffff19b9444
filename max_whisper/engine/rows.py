"""What a decoding state keeps of its rows, on the device and beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from max.driver import Buffer
from numpy.typing import NDArray

from max_whisper.engine.captured import Captured


@dataclass(slots=True)
class Rows:
    """`group` rows for each window.

    `positions [rows]` is where the next token of a row stands, `slots [rows]` where in
    the caches it is written; `ancestors [rows, n]` says in which slot each earlier
    position of a row lies. `rules` are the masks, where timestamps begin and the
    penalty. `captured` is the step on a GPU, once it has run.
    """

    group: int
    caches: tuple[Buffer, ...]
    rules: tuple[Buffer, Buffer, Buffer]
    slots: NDArray[np.int32]
    positions: NDArray[np.int32]
    ancestors: NDArray[np.int32]
    captured: Captured | None = None

    def of(self, windows: Sequence[int]) -> NDArray[np.int64]:
        """The numbers of the rows of some windows, `[windows, group]`."""
        return np.arange(len(self.slots)).reshape(-1, self.group)[[*windows]]

    def begin(self, windows: Sequence[int], lengths: NDArray[np.int32]) -> None:
        """Begin after prompts that the first row of each window has read, but for the
        last token."""
        rows = self.of(windows)
        self.positions[rows] = (lengths - 1)[:, np.newaxis]
        self.ancestors[rows] = self.slots[rows[:, 0]][:, np.newaxis, np.newaxis]

    def go_on(
        self, sources: Sequence[int] | None, *, whole: bool = False
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Go on from the past of other rows, its own if None, by one token a row.

        Returns slots, positions and the ancestors of all positions up to that token,
        or of all that there are if `whole`.
        """
        if sources is not None:
            self.ancestors = self.ancestors[[*sources]]
            self.positions = self.positions[[*sources]]
        self.ancestors[np.arange(len(self.slots)), self.positions] = self.slots
        length = int(self.positions.max()) + 1
        ancestors = self.ancestors if whole else self.ancestors[:, :length]
        return self.slots, self.positions, np.ascontiguousarray(ancestors)

    def advance(self) -> None:
        """The next token is one position on.

        A row without room stays where it is: its window has been done for some steps.
        """
        last = self.ancestors.shape[1] - 1
        self.positions = np.minimum(self.positions + 1, last, dtype=np.int32)

    def keep(self, windows: Sequence[int]) -> Rows:
        """The rows of some windows only."""
        kept = self.of(windows).ravel()
        return replace(
            self,
            slots=self.slots[kept],
            positions=self.positions[kept],
            ancestors=self.ancestors[kept],
            captured=None,
        )
