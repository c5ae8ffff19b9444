"""A file of `torch.save`, read without PyTorch and without trusting it.

Since PyTorch 1.6 such a file is a zip: a pickle of what was saved, and beside it the
numbers of every tensor. A pickle may name any function to call, so the reader here
knows the five names that plain tensors need and refuses every other.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from max_whisper.errors import CheckpointError
from max_whisper.weights.bfloat16 import BFLOAT16
from max_whisper.weights.checkpoint import Tensor

STORAGES: dict[str, np.dtype[Any]] = {
    "HalfStorage": np.dtype("<f2"),
    "BFloat16Storage": BFLOAT16,
    "FloatStorage": np.dtype("<f4"),
}
LOCAL_HEADER = struct.Struct("<26xHH")
"""A zip's header before a file's bytes: 26 bytes, then two lengths that follow it."""


def read_torch_archive(path: Path) -> Any:
    """What was given to `torch.save`, with read-only mapped arrays as tensors.

    bfloat16 comes as its bits (`bfloat16.BFLOAT16`). Raises `CheckpointError` for a
    damaged file, one older than PyTorch 1.6, or one that wants to run code.
    """
    if not zipfile.is_zipfile(path):
        raise CheckpointError(
            f"{path}: expected a zip as torch.save writes it since PyTorch 1.6, found "
            "an older or a broken one; fetch it again, save it with a newer PyTorch, "
            "or use safetensors"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            storages = Storages(path, archive)
            return ClosedUnpickler(storages).load()
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    except Exception as error:  # a damaged pickle fails in any way it likes
        raise CheckpointError(
            f"{path}: expected a whole PyTorch file, found a damaged one "
            f"({error or type(error).__name__}); fetch it again"
        ) from error


class Storages:
    """The numbers beside the pickle, mapped: the zip holds them as they are."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        names = [n for n in archive.namelist() if n.endswith("/data.pkl")]
        if len(names) != 1:
            raise CheckpointError(
                f"expected one data.pkl in the zip, found {len(names)}; "
                "was the file written by torch.save?"
            )
        self._archive = archive
        self._bytes = np.asarray(np.memmap(path, np.uint8, "r"))
        self._folder = names[0].removesuffix("data.pkl")
        self._check_byte_order()

    def pickle(self) -> bytes:
        """The bytes of the pickle."""
        return self._archive.read(f"{self._folder}data.pkl")

    def read(self, key: str, dtype: np.dtype[Any]) -> Tensor:
        """The numbers of one storage, `[n]`."""
        entry = self._archive.getinfo(f"{self._folder}data/{key}")
        if entry.compress_type != zipfile.ZIP_STORED:
            raise CheckpointError(
                "expected tensors as torch.save writes them, found compressed ones; "
                "fetch the file again"
            )
        header = self._bytes[entry.header_offset :][: LOCAL_HEADER.size].tobytes()
        start = entry.header_offset + LOCAL_HEADER.size
        start += sum(LOCAL_HEADER.unpack(header))
        return self._bytes[start : start + entry.file_size].view(dtype)

    def _check_byte_order(self) -> None:
        name = f"{self._folder}byteorder"
        if name in self._archive.namelist() and self._archive.read(name) != b"little":
            raise CheckpointError(
                "expected little-endian numbers, found big-endian ones; "
                "save it again on another machine, or use safetensors"
            )


class ClosedUnpickler(pickle.Unpickler):
    """Rebuilds dictionaries, lists and tensors; refuses everything else by its name."""

    def __init__(self, storages: Storages) -> None:
        super().__init__(io.BytesIO(storages.pickle()))
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        """The few globals that are let in; a storage's class is only its name."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self.rebuild_tensor  # bound: a pickle cannot set attributes on it
        if module in ("torch", "torch.storage") and name in STORAGES:
            return name
        raise CheckpointError(
            f"expected tensors and nothing else, found {module}.{name}, which could "
            "run code; use safetensors, or a .pt that holds only dims and tensors"
        )

    def persistent_load(self, pid: Any) -> Tensor:
        """A storage, which the pickle names ("storage", class, key, place, length)."""
        kind, storage_class, key, _, _ = pid
        if kind != "storage":
            raise ValueError(f"{kind!r} in place of a storage")
        return self._storages.read(key, STORAGES[storage_class])

    def rebuild_tensor(
        self,
        storage: Tensor,
        offset: int,
        shape: Sequence[int],
        strides: Sequence[int],
        *_: Any,
    ) -> Tensor:
        """A view of `storage`; offset and strides count numbers, not bytes."""
        reach = sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        if offset < 0 or min((*shape, *strides), default=0) < 0:
            raise ValueError("a negative offset, shape or stride")
        if offset + reach >= storage.size:
            raise ValueError("a tensor that reaches past its storage")
        steps = [step * storage.itemsize for step in strides]
        return as_strided(storage[offset:], shape, steps, writeable=False)
