"""What MAX raises on a GPU, as an error that a user can mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from max_whisper.errors import DeviceError, MaxWhisperError


@contextmanager
def gpu_errors(runs_on: str) -> Iterator[None]:
    """Within, what MAX raises for want of memory, or of an instruction, is a
    `DeviceError`; on a CPU it stays what it is.
    """
    try:
        yield
    except MaxWhisperError:
        raise
    except (RuntimeError, ValueError) as error:
        if runs_on.startswith("cpu"):
            raise
        raise DeviceError(
            f"expected a GPU that can run this model, found {runs_on}: {error}; try a "
            "smaller batch_size, or device='cpu'"
        ) from error
