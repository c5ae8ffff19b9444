"""Any sound to 16 kHz mono float32, decoded as a stream.

PyAV's wheels bundle FFmpeg's libraries, so no ffmpeg program is needed. Samples pass
through signed 16-bit integers, as `load_audio` in openai/whisper has them.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

from max_whisper.audio.constants import SAMPLE_RATE
from max_whisper.errors import AudioError

Samples: TypeAlias = NDArray[np.float32]
AudioSource: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO | NDArray[Any]


def load_audio(source: AudioSource) -> Samples:
    """Read all of `source` as mono float32 samples at 16 kHz, shape `[n]`, in -1..1.

    `source` is a path, `-` for standard input, bytes, a binary file object, or an
    array of samples at 16 kHz already: `[n]`, or `[channels, n]`, which is averaged.

    Raises `AudioError` for what is missing, empty or not sound.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    return np.concatenate(list(stream_audio(source)))


def stream_audio(source: AudioSource) -> Iterator[Samples]:
    """Yield the samples of `load_audio` in blocks, as they are decoded."""
    if isinstance(source, np.ndarray):
        yield _from_array(source)
        return
    name = describe(source)
    count = 0
    for block in _decode(_open(source, name), name):
        count += block.size
        yield block
    if count == 0:
        raise AudioError(
            f"{name}: expected sound, found an audio stream without samples; "
            "is the file cut off?"
        )


def describe(source: AudioSource) -> str:
    """What to call `source` in a message."""
    if isinstance(source, (str, os.PathLike)):
        return "standard input" if os.fspath(source) == "-" else os.fspath(source)
    if isinstance(source, np.ndarray):
        return "array"
    if isinstance(source, bytes):
        return "bytes"
    return str(getattr(source, "name", "file object"))


def _from_array(array: NDArray[Any]) -> Samples:
    if array.ndim not in (1, 2):
        raise AudioError(
            f"array: expected samples of shape [n] or [channels, n], "
            f"found shape {list(array.shape)}"
        )
    if array.ndim == 2 and array.shape[0] > array.shape[1] > 0:
        raise AudioError(
            f"array of shape {list(array.shape)}: expected [channels, n], "
            "found [n, channels]; transpose it"
        )
    if array.dtype.kind == "i":
        array = array.astype(np.float32) / -float(np.iinfo(array.dtype).min)
    elif array.dtype.kind != "f":
        raise AudioError(
            f"array: expected float or signed integer samples, found {array.dtype}"
        )
    if array.ndim == 2:
        array = array.mean(axis=0)
    if array.size == 0:
        raise AudioError("array: expected samples, found none")
    if not np.isfinite(array).all():
        raise AudioError("array: expected finite samples, found NaN or infinity")
    return np.ascontiguousarray(array, dtype=np.float32)


def _open(source: str | os.PathLike[str] | bytes | BinaryIO, name: str) -> Any:
    """A path or a binary stream, checked for the mistakes that people make."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if isinstance(source, (str, os.PathLike)):
        if os.fspath(source) == "-":
            return io.BytesIO(sys.stdin.buffer.read())
        return _existing_file(Path(source), name)
    if isinstance(source, io.TextIOBase):
        raise AudioError(f"{name}: expected bytes, found text; open the file as 'rb'")
    if not hasattr(source, "read"):
        raise AudioError(
            f"expected a path, bytes, a binary file object or an array, "
            f"found {type(source).__name__}"
        )
    return source


def _existing_file(path: Path, name: str) -> str:
    if not path.exists():
        raise AudioError(
            f"{name}: expected an audio file, found nothing; check the path"
        )
    if path.is_dir():
        raise AudioError(
            f"{name}: expected an audio file, found a folder; name a file in it"
        )
    if path.is_file() and path.stat().st_size == 0:
        raise AudioError(f"{name}: expected an audio file, found an empty one")
    return str(path.absolute())  # FFmpeg takes the colon in `10:30.wav` for a protocol


def _decode(stream: Any, name: str) -> Iterator[Samples]:
    try:
        with av.open(stream, mode="r", metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise AudioError(
                    f"{name}: expected an audio stream, found a file without one"
                )
            audio = max(container.streams.audio, key=_rank)
            for _, frames in groupby(_frames(container, audio), key=_shape):
                yield from _resample(frames)
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AudioError(
            f"{name}: expected sound in a format that FFmpeg reads, found something "
            f"else ({reason}); can another player play it?"
        ) from error


def _rank(audio: Any) -> tuple[bool, int]:
    """What the ffmpeg program chooses a stream by: the default one, most channels."""
    return Disposition.default in audio.disposition, audio.channels


def _frames(container: Any, audio: Any) -> Iterator[Any]:
    """Frames of one stream; damage is passed over, as in `ffmpeg -i`."""
    damage: Exception | None = None
    decoded = False
    for packet in _packets(container, audio):
        try:
            frames = packet.decode()
        except av.FFmpegError as error:
            damage = error
            continue
        for frame in frames:
            decoded = True
            frame.pts = None  # gaps in the time stamps are not padded either
            yield frame
    if damage and not decoded:
        raise damage


def _packets(container: Any, audio: Any) -> Iterator[Any]:
    """Packets up to where the container breaks off."""
    try:
        yield from container.demux(audio)
    except av.InvalidDataError:
        return


def _shape(frame: Any) -> tuple[str, str, int]:
    """What may change within a file and needs another resampler."""
    return frame.format.name, frame.layout.name, frame.sample_rate


def _resample(frames: Iterator[Any]) -> Iterator[Samples]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    for frame in chain(frames, [None]):
        for block in resampler.resample(frame):
            if block.samples:
                yield block.to_ndarray()[0].astype(np.float32) / 32768.0
