"""A tone of one second in any container and codec, and an ear for it."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

PITCH = 440.0
LEVEL = 0.5


def tone(rate: int = 16_000, seconds: float = 1.0) -> NDArray[np.float32]:
    times = np.arange(round(rate * seconds)) / rate
    return (LEVEL * np.sin(2 * np.pi * PITCH * times)).astype(np.float32)


def encode(
    container: str,
    codec: str,
    rate: int = 44_100,
    layout: str = "stereo",
    *,
    video: bool = False,
) -> bytes:
    """The bytes of a file with the tone, and with three black pictures if `video`."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        picture = output.add_stream("mpeg4", rate=3) if video else None
        sound = output.add_stream(codec, rate=rate, layout=layout)
        sound.bit_rate = 96_000
        if codec == "vorbis":
            sound.codec_context.options = {"strict": "experimental"}
        if picture:
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
            _write_pictures(output, picture)
        _write_sound(output, sound, rate, layout)
    return file.getvalue()


def encode_streams(codec: str, *layouts: str, default: int | None = None) -> bytes:
    """The bytes of a film's sound: the tone, an octave higher in each stream."""
    file = io.BytesIO()
    passed_on = {"default_mode": "passthrough"}
    with av.open(file, "w", format="matroska", options=passed_on) as output:
        streams = [output.add_stream(codec, rate=16_000, layout=x) for x in layouts]
        if default is not None:
            streams[default].disposition = Disposition.default
        for octave, stream in enumerate(streams):
            _write_sound(output, stream, 16_000, layouts[octave], 2**octave)
    return file.getvalue()


def _write_pictures(output: Any, stream: Any) -> None:
    for _ in range(3):
        frame = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), "yuv420p")
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def _write_sound(
    output: Any, stream: Any, rate: int, layout: str, faster: int = 1
) -> None:
    channels = av.AudioLayout(layout).nb_channels
    samples = np.tile(tone(rate, faster)[::faster], (channels, 1))
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
    frame.rate = rate
    packets = [*stream.encode(frame), *stream.encode(None)]
    output.mux([packet for packet in packets if packet.size])  # FLAC ends on none


def pitch(samples: NDArray[np.float32], rate: int = 16_000) -> float:
    """The loudest frequency of `samples`, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples))
    return float(spectrum.argmax()) * rate / len(samples)
