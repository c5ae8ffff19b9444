"""What MAX raises on a GPU is an error of ours; what nobody can mend stays."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest

from max_whisper.engine.engine import MaxEngine
from max_whisper.engine.gpu_errors import gpu_errors
from max_whisper.engine.in_turn import in_turn
from max_whisper.errors import CheckpointError, DeviceError


class Failing:
    """An engine on a GPU that fails in its only verb."""

    turn = nullcontext()
    runs_on = "gpu, bfloat16"

    @in_turn
    def encode(self) -> None:
        raise OUT_OF_MEMORY


OUT_OF_MEMORY = RuntimeError("CUDA error 2")


@pytest.mark.parametrize("error", [OUT_OF_MEMORY, ValueError("no such instruction")])
def test_on_a_gpu(error: Exception) -> None:
    expected = pytest.raises(DeviceError, match=f"bfloat16: {error}; try a smaller")
    with expected, gpu_errors("gpu, bfloat16"):
        raise error


def test_on_a_cpu() -> None:
    with pytest.raises(RuntimeError, match="CUDA error 2"), gpu_errors("cpu, float32"):
        raise OUT_OF_MEMORY


@pytest.mark.parametrize("error", [CheckpointError("no"), KeyboardInterrupt()])
def test_what_is_no_fault_of_the_gpu(error: BaseException) -> None:
    with pytest.raises(type(error)), gpu_errors("gpu, bfloat16"):
        raise error


def test_in_a_verb() -> None:
    with pytest.raises(DeviceError, match="CUDA error 2"):
        Failing().encode()


def test_where_a_spectrogram_is_made(
    english: MaxEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OUT_OF_MEMORY

    monkeypatch.setattr(english, "runs_on", "gpu, bfloat16")
    monkeypatch.setattr(english, "_run", fail)
    with pytest.raises(DeviceError, match="CUDA error 2"):
        english.log_mel([np.zeros(16_000, np.float32)])
