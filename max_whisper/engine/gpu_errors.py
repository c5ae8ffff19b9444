"""What MAX raises on a GPU, as an error that a user can mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from max_whisper.errors import DeviceError, MaxWhisperError

SMALLER = "try a smaller batch_size, or device='cpu'"


@contextmanager
def gpu_errors(runs_on: str, advice: str = SMALLER) -> Iterator[None]:
    """Within, what MAX raises, mostly for want of memory, is a `DeviceError` with
    `advice`; on a CPU it stays what it is.
    """
    try:
        yield
    except MaxWhisperError:
        raise
    except (RuntimeError, ValueError) as error:
        if runs_on.startswith("cpu"):
            raise
        raise DeviceError(
            f"expected a GPU that runs this model, found {runs_on}: {error}; {advice}"
        ) from error
