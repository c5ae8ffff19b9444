"""A graph captured on a GPU, to be replayed by one launch instead of one a kernel."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from max.driver import Buffer, Device
from max.engine import Model
from numpy.typing import NDArray

from max_whisper.engine.buffers import joined, parted


class Captured:
    """A model with inputs that stay where they are: small ones, whose values are new
    at each run, and others.

    `key` is no other capture's of the model. What this one holds on the GPU is given
    back with the object.
    """

    def __init__(
        self,
        model: Model,
        key: int,
        device: Device,
        small: Sequence[NDArray[Any]],
        others: Sequence[Buffer],
    ) -> None:
        self._model, self._key = model, key
        # What a copy reads is kept, since the copy may go on beside us.
        self._values = Buffer.from_numpy(joined(small))
        self._room = self._values.to(device)
        self._inputs = [*parted(self._room, small), *others]
        self._shapes = [array.shape for array in small]
        self._outputs: list[Buffer] = model.capture(self._key, *self._inputs)
        given_back = weakref.finalize(self, model.release_captured_graph, self._key)
        # When Python ends, MAX may have ended before.
        given_back.atexit = False

    def fits(self, small: Sequence[NDArray[Any]]) -> bool:
        """Whether it can run with these."""
        return [array.shape for array in small] == self._shapes

    def run(self, small: Sequence[NDArray[Any]]) -> list[Buffer]:
        """The outputs for new values; they are overwritten by the next run."""
        self._values = Buffer.from_numpy(joined(small))
        self._room.inplace_copy_from(self._values)
        self._model.replay(self._key, *self._inputs)
        return self._outputs
