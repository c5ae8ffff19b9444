"""Mel frames of a recording, of any length in bounded memory.

The maximum of a whole recording is known at its end only, so energies are kept as they
come and normalised as they are read: in memory while they are few, else in a file
without a name, which is gone with its last reader.
"""

from __future__ import annotations

import weakref
from tempfile import SpooledTemporaryFile

import numpy as np
from numpy.typing import NDArray

from max_whisper.features.log_mel import normalise

MOST_IN_MEMORY = 2**25
"""Bytes: 17 minutes of 80 bins."""


class KeptFrames:
    """Log-mel frames `[n, bins]`, which are appended first and then read by slices."""

    def __init__(self, bins: int, most_in_memory: int = MOST_IN_MEMORY) -> None:
        file = SpooledTemporaryFile(max_size=most_in_memory)  # noqa: SIM115
        weakref.finalize(self, file.close)
        self._file = file
        self._bins = bins
        self._length = 0
        self._maximum = -np.inf

    @property
    def shape(self) -> tuple[int, int]:
        """Frames and bins."""
        return self._length, self._bins

    def __len__(self) -> int:
        return self._length

    def append(self, log_energies: NDArray[np.float32]) -> None:
        """Keep some more log10 energies `[n, bins]`."""
        self._file.write(np.ascontiguousarray(log_energies, np.float32).tobytes())
        self._length += len(log_energies)
        self._maximum = max(self._maximum, float(log_energies.max()))

    def cut_off(self, length: int) -> NDArray[np.float32]:
        """Keep `length` frames only, and return the others."""
        rest = self[length:]
        self._length = length
        return rest

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        """Some frames, normalised by the maximum of all that were appended."""
        start, stop, step = part.indices(self._length)
        assert step == 1, "frames are read as they follow one another"
        frame_bytes = 4 * self._bins
        self._file.seek(start * frame_bytes)
        read = self._file.read(max(0, stop - start) * frame_bytes)
        energies = np.frombuffer(read, np.float32).reshape(-1, self._bins)
        return normalise(energies, np.float32(self._maximum))
