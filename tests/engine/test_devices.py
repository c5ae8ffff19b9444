"""A device is chosen, or it is said why not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from max.driver import CPU
from max.dtype import DType
from max.graph import DeviceRef

from max_whisper.engine import devices
from max_whisper.engine.devices import _known_gpu, choose, settled
from max_whisper.engine.options import EngineOptions
from max_whisper.errors import DeviceError, OptionError
from max_whisper.kernels.gpu_ops import GpuOps
from max_whisper.kernels.int8_ops import Int8Ops


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "accelerator_count", lambda: 0)
    monkeypatch.setattr(devices, "_known_gpu", _known_gpu)


@pytest.mark.parametrize("name", ["gpu", "cuda", "gpu:0", "gpu:3"])
def test_a_gpu_that_is_not_there(no_gpu: None, name: str) -> None:
    with pytest.raises(DeviceError, match=r"found 0 that MAX can use.*device='cpu'"):
        choose(EngineOptions(device=name), weights_are_half=True)


@pytest.mark.parametrize("name", ["tpu", "cpu:1", "gpu:x", "gpu:-1", ""])
def test_a_device_that_does_not_exist(no_gpu: None, name: str) -> None:
    with pytest.raises(OptionError, match="expected device auto, cpu, gpu or gpu:N"):
        choose(EngineOptions(device=name), weights_are_half=True)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_cpu_computes_in_float32_or_int8(dtype: str) -> None:
    with pytest.raises(OptionError, match=f"or int8 on a CPU, found {dtype}"):
        choose(EngineOptions(device="cpu", dtype=dtype), weights_are_half=True)


@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_without_a_gpu_it_is_the_cpu(
    no_gpu: None, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    place = choose(EngineOptions(device=name), weights_are_half=False)
    assert place.device.is_host
    assert caplog.messages == []
    assert place.ops.dtype == DType.float32


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    device = SimpleNamespace(is_host=False, api="cuda", name="sm_90a")
    monkeypatch.setattr(devices, "accelerator_count", lambda: 1)
    monkeypatch.setattr(devices, "accelerator_api", lambda: device.api)
    monkeypatch.setattr(devices, "accelerator_architecture_name", lambda: device.name)
    monkeypatch.setattr(devices, "Accelerator", lambda number: device)
    monkeypatch.setattr(devices, "_known_gpu", _known_gpu)
    monkeypatch.setattr(devices, "load_cublas", lambda: None)
    monkeypatch.setattr(devices.DeviceRef, "from_device", lambda _: DeviceRef.GPU(0))
    return device


@pytest.mark.parametrize("name", ["auto", "gpu", "cuda:0"])
def test_with_a_gpu_it_is_the_gpu(one_gpu: SimpleNamespace, name: str) -> None:
    place = choose(EngineOptions(device=name), weights_are_half=True)
    assert place.device is one_gpu
    assert place.ops == GpuOps(DeviceRef.GPU(0), DType.bfloat16, own_products=True)
    assert place.name == "gpu, bfloat16"


def test_a_gpu_computes_in_float32_by_max_alone(one_gpu: SimpleNamespace) -> None:
    options = EngineOptions(device="gpu", dtype="float32")
    place = choose(options, weights_are_half=True)
    assert place.ops == GpuOps(DeviceRef.GPU(0), DType.float32)


CPU_ASKED: list[dict[str, Any]] = [
    {"device": "cpu"},
    {"dtype": "int8"},
    {"dtype": "float32"},
    {"threads": 1},
]


@pytest.mark.parametrize("options", CPU_ASKED)
def test_a_gpu_is_left_alone_if_a_cpu_is_asked_for(
    one_gpu: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.setattr(devices, "cpu", lambda threads: CPU())
    assert choose(EngineOptions(**options), weights_are_half=True).device.is_host


@pytest.mark.parametrize(
    ("api", "architecture"),
    [("cuda", "sm_75"), ("hip", "gfx942"), ("metal", "metal:4")],
)
def test_a_gpu_that_is_not_known_is_used_only_by_name(
    one_gpu: SimpleNamespace, api: str, architecture: str
) -> None:
    one_gpu.api, one_gpu.name = api, architecture
    assert choose(EngineOptions(), weights_are_half=True).device.is_host
    place = choose(EngineOptions(device="gpu"), weights_are_half=True)
    assert place.device is one_gpu


@pytest.mark.parametrize("missing", ["load_cublas", "Accelerator"])
def test_a_gpu_that_cannot_be_used_is_left_alone_unless_it_is_named(
    one_gpu: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    missing: str,
) -> None:
    def fail(*_: int) -> None:
        raise DeviceError("no cuBLAS") if missing == "load_cublas" else ValueError("no")

    monkeypatch.setattr(devices, missing, fail)
    assert settled(EngineOptions()).device == "cpu"
    [told] = caplog.messages
    assert told.startswith("The GPU is not used: ")
    with pytest.raises(DeviceError, match=r"no cuBLAS|GPU that is free"):
        settled(EngineOptions(device="gpu"))


@pytest.mark.parametrize(
    ("asked", "found"),
    [("auto", "gpu"), ("gpu", "gpu"), ("gpu:0", "gpu:0"), ("cpu", "cpu")],
)
def test_auto_is_settled_once(one_gpu: SimpleNamespace, asked: str, found: str) -> None:
    assert settled(EngineOptions(device=asked)).device == found


def test_a_gpu_has_no_threads_to_choose(one_gpu: SimpleNamespace) -> None:
    with pytest.raises(OptionError, match="threads to be 0 on a GPU, found 2"):
        choose(EngineOptions(device="gpu", threads=2), weights_are_half=True)


def test_half_weights_stay_half() -> None:
    places = [
        choose(EngineOptions(device="cpu"), weights_are_half=half)
        for half in (True, False)
    ]
    stored = [place.ops.matrix("w", 3, 4).weight.dtype for place in places]
    assert stored == [DType.float16, DType.float32]


@pytest.mark.parametrize("half", [True, False])
def test_int8_is_made_of_any_weights(half: bool) -> None:
    place = choose(EngineOptions(device="cpu", dtype="int8"), weights_are_half=half)
    assert place.ops == Int8Ops()
    assert place.name == "cpu, int8"
    assert place.ops.dtype == DType.float32


def test_a_gpu_does_not_compute_in_int8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "accelerator_count", lambda: 1)
    monkeypatch.setattr(devices, "Accelerator", lambda number: Virtual())
    with pytest.raises(OptionError, match="found int8"):
        choose(EngineOptions(device="gpu", dtype="int8"), weights_are_half=True)


class Virtual:
    """A GPU, as far as the choice looks at one."""

    is_host = False


OUT_OF_RANGE: list[dict[str, Any]] = [
    {"dtype": "int4"},
    *({"threads": threads} for threads in (-1, None, "2", True)),
    {"device": None},
]


@pytest.mark.parametrize("options", OUT_OF_RANGE)
def test_options_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="expected"):
        EngineOptions(**options)


@pytest.fixture
def amd(monkeypatch: pytest.MonkeyPatch) -> None:
    device = SimpleNamespace(is_host=False, api="hip")
    monkeypatch.setattr(devices, "_device", lambda *_: device)
    monkeypatch.setattr(devices.DeviceRef, "from_device", lambda _: DeviceRef.GPU(0))


def test_an_amd_gpu_computes_in_float16(amd: None) -> None:
    place = choose(EngineOptions(device="gpu"), weights_are_half=True)
    assert place.ops.dtype == DType.float16
    assert place.name == "gpu, float16"


def test_bfloat16_is_refused_on_an_amd_gpu(amd: None) -> None:
    with pytest.raises(OptionError, match="on an AMD GPU, found bfloat16"):
        choose(EngineOptions(device="gpu", dtype="bfloat16"), weights_are_half=True)
