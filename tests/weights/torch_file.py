"""Files as `torch.save` writes them, made without PyTorch."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from max_whisper.config import WhisperConfig
from max_whisper.weights.names import OPENAI_TO_HUGGING_FACE
from max_whisper.weights.openai import DIMS

STORAGE_CLASSES = {
    "float16": "HalfStorage",
    "uint16": "BFloat16Storage",
    "float32": "FloatStorage",
}


@dataclass(frozen=True)
class Global:
    """Pickled as the name of a global that need not exist here."""

    module: str
    name: str

    def __call__(self) -> None:
        raise AssertionError("only its name is meant")


@dataclass(frozen=True, eq=False)
class Storage:
    """Numbers that lie beside the pickle as data/`key`."""

    key: str
    numbers: np.ndarray


@dataclass(frozen=True, eq=False)
class Tensor:
    """A view of a storage, pickled as PyTorch pickles one; strides count numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        view = (self.storage, self.offset, self.shape, self.strides)
        rebuild = Global("torch._utils", "_rebuild_tensor_v2")
        return rebuild, (*view, False, OrderedDict())


@dataclass(frozen=True)
class Call:
    """Pickled as a call of a global: what a malicious file holds."""

    function: Global
    arguments: tuple[Any, ...] = field(default=())

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


# The Python pickler, as the one in C looks every global up before it writes the name.
class TorchPickler(pickle._Pickler):  # type: ignore[name-defined]
    def __init__(self, file: io.BytesIO, module: str) -> None:
        super().__init__(file, protocol=2)
        self.module = module
        self.storages: dict[str, np.ndarray] = {}

    def persistent_id(self, value: Any) -> Any:
        if not isinstance(value, Storage):
            return None
        self.storages[value.key] = value.numbers
        kind = Global(self.module, STORAGE_CLASSES[value.numbers.dtype.name])
        return "storage", kind, value.key, "cpu", value.numbers.size

    def save_name(self, value: Global) -> None:
        self.write(b"c%s\n%s\n" % (value.module.encode(), value.name.encode()))

    dispatch = {**pickle._Pickler.dispatch, Global: save_name}  # type: ignore[attr-defined]  # noqa: RUF012


def write_torch_file(
    path: Path,
    value: Any,
    *,
    byteorder: str = "little",
    compression: int = zipfile.ZIP_STORED,
    module: str = "torch",
) -> None:
    """Write `value` with its `Tensor`s as `torch.save` would."""
    file = io.BytesIO()
    pickler = TorchPickler(file, module)
    pickler.dump(value)
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", file.getvalue())
        archive.writestr("archive/byteorder", byteorder)
        for key, numbers in pickler.storages.items():
            archive.writestr(f"archive/data/{key}", numbers.tobytes())


def as_tensor(key: str, numbers: np.ndarray) -> Tensor:
    steps = tuple(step // numbers.itemsize for step in numbers.strides)
    return Tensor(Storage(key, numbers.ravel()), 0, numbers.shape, steps)


def tensors(weights: Mapping[str, np.ndarray]) -> OrderedDict[str, Tensor]:
    """A module's state, as PyTorch has it."""
    state = OrderedDict(
        (name, as_tensor(str(key), tensor))
        for key, (name, tensor) in enumerate(weights.items())
    )
    state._metadata = {"version": 1}  # type: ignore[attr-defined]  # PyTorch sets it
    return state


def openai_parts(
    config: WhisperConfig, weights: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """What openai/whisper saves, from weights under Hugging Face's names."""
    dims = {theirs: getattr(config, ours) for theirs, ours in DIMS.items()}
    state = tensors({to_openai(name): tensor for name, tensor in weights.items()})
    return {
        "dims": {**dims, "n_text_state": config.d_model},
        "model_state_dict": state,
    }


def to_openai(name: str) -> str:
    for openai, hugging_face in OPENAI_TO_HUGGING_FACE:
        name = name.replace(hugging_face, openai)
    return name
