from __future__ import annotations

import csv
import io
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from max_whisper.audio.load import load_audio, stream_audio
from max_whisper.errors import AudioError
from tests.audio.tones import LEVEL, PITCH, encode, encode_streams, pitch, tone

CODECS = [
    *(("wav", f"pcm_{kind}") for kind in ("u8", "s16le", "s24le", "s32le", "f32le")),
    ("wav", "pcm_mulaw"),
    ("aiff", "pcm_s16be"),
    ("flac", "flac"),
    ("mp3", "libmp3lame"),
    ("ogg", "vorbis"),
    ("ipod", "aac"),
    ("adts", "aac"),
    ("asf", "wmav2"),
    ("matroska", "libmp3lame"),
]
WAV = encode("wav", "pcm_s16le", 16_000, "mono")


def assert_is_the_tone(samples: np.ndarray[Any, Any]) -> None:
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert 15_600 <= len(samples) <= 17_600  # some codecs cut or pad the ends
    assert abs(pitch(samples) - PITCH) < 2
    assert abs(np.abs(samples[2000:-2000]).max() - LEVEL) < 0.1


@pytest.mark.parametrize(("container", "codec"), CODECS)
def test_any_container_and_codec_is_read(container: str, codec: str) -> None:
    assert_is_the_tone(load_audio(encode(container, codec)))


@pytest.mark.parametrize("container", ["ogg", "webm"])
def test_opus_is_read(container: str) -> None:
    assert_is_the_tone(load_audio(encode(container, "libopus", 48_000)))


@pytest.mark.parametrize(
    ("container", "codec"), [("mp4", "aac"), ("matroska", "libmp3lame")]
)
def test_the_sound_of_a_film_is_read(container: str, codec: str) -> None:
    assert_is_the_tone(load_audio(encode(container, codec, video=True)))


@pytest.mark.parametrize("codec", ["pcm_s16le", "flac"])
@pytest.mark.parametrize(
    ("layouts", "default", "chosen"),
    [
        (("mono", "stereo"), None, 1),
        (("mono", "stereo"), 0, 0),
        (("stereo", "mono", "stereo"), None, 0),
        (("5.1", "mono"), 1, 1),
    ],
)
def test_of_several_streams_the_one_that_ffmpeg_takes_is_read(
    codec: str, layouts: tuple[str, ...], default: int | None, chosen: int
) -> None:
    samples = load_audio(encode_streams(codec, *layouts, default=default))
    assert abs(pitch(samples) - PITCH * 2**chosen) < 2


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 48_000, 96_000])
@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
def test_any_rate_and_layout_becomes_16_khz_mono(rate: int, layout: str) -> None:
    samples = load_audio(encode("wav", "pcm_s16le", rate, layout))
    assert abs(len(samples) - 16_000) <= 16
    assert abs(pitch(samples) - PITCH) < 2


def test_samples_are_those_of_16_bit_integers() -> None:
    samples = load_audio(WAV)
    expected = np.rint(tone() * 32768) / 32768
    assert np.abs(samples - expected).max() <= 1 / 32768
    assert np.array_equal(samples * 32768, np.rint(samples * 32768))


def test_a_file_that_changes_its_rate_is_read_to_its_end() -> None:
    low = encode("adts", "aac", 22_050)
    high = encode("adts", "aac", 44_100)
    samples = load_audio(low + high)
    assert len(samples) > 31_000
    assert abs(pitch(samples[18_000:30_000]) - PITCH) < 5


def test_a_path_bytes_a_file_and_standard_input_are_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tone.wav"
    path.write_bytes(WAV)
    stdin = types.SimpleNamespace(buffer=io.BytesIO(WAV))
    monkeypatch.setattr(sys, "stdin", stdin)
    expected = load_audio(WAV)
    with open(path, "rb") as file:
        for source in (path, str(path), "-", file, io.BytesIO(WAV)):
            assert np.array_equal(load_audio(source), expected)


def test_a_file_name_may_hold_a_colon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("10:30.wav").write_bytes(WAV)
    assert_is_the_tone(load_audio("10:30.wav"))


def test_blocks_together_are_the_whole() -> None:
    blocks = [*stream_audio(WAV)]
    assert len(blocks) > 1
    assert np.array_equal(np.concatenate(blocks), load_audio(WAV))


def test_arrays_are_taken_as_they_are() -> None:
    assert_is_the_tone(load_audio(tone()))
    assert_is_the_tone(load_audio(tone().astype(np.float64)))
    assert_is_the_tone(load_audio(np.stack([tone(), tone()])))
    assert_is_the_tone(load_audio((tone() * 32767).astype(np.int16)))


@given(st.lists(st.integers(-32768, 32767), min_size=1))
def test_integers_are_scaled_to_one(values: list[int]) -> None:
    samples = load_audio(np.array(values, np.int16))
    assert np.array_equal(samples * 32768, values)


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.zeros((1, 1, 5), np.float32), r"found shape \[1, 1, 5\]"),
        (np.zeros(5, np.uint8), "found uint8"),
        (np.zeros(0, np.float32), "expected samples, found none"),
        (np.zeros((2, 0), np.float32), "expected samples, found none"),
        (np.zeros((48_000, 2)), r"found \[n, channels\]; transpose it"),
        (np.array([0.0, np.nan]), "found NaN"),
    ],
)
def test_an_array_that_is_no_sound_is_an_error(
    array: np.ndarray[Any, Any], found: str
) -> None:
    with pytest.raises(AudioError, match=found):
        load_audio(array)


def test_a_damaged_file_is_read_around_the_damage() -> None:
    data = bytearray(encode("mp3", "libmp3lame"))
    data[6000:6100] = bytes(100)
    samples = load_audio(bytes(data))
    assert len(samples) > 14_000


def test_a_file_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    samples = load_audio(WAV[: len(WAV) // 2])
    assert abs(len(samples) - 8_000) < 100


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "found something else"),
        (b"this is a letter, not a recording\n" * 50, "expected"),
        (WAV[: WAV.index(b"data") + 8], "found an audio stream without samples"),
    ],
)
def test_what_is_no_sound_is_an_error(data: bytes, found: str) -> None:
    with pytest.raises(AudioError, match=rf"^bytes: .*{found}"):
        load_audio(data)


@given(st.binary(max_size=200), st.integers(0, 100))
def test_broken_bytes_are_sound_or_an_error(noise: bytes, place: int) -> None:
    try:
        assert load_audio(WAV[:place] + noise + WAV[place:1000]).size
    except AudioError as error:
        assert "\n" not in str(error)


def test_a_missing_an_empty_file_and_a_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    for name, found in (
        ("missing.wav", "found nothing"),
        ("empty.wav", "found an empty one"),
        (".", "found a folder"),
    ):
        with pytest.raises(AudioError) as error:
            load_audio(tmp_path / name)
        assert str(tmp_path) in str(error.value)
        assert found in str(error.value)


def test_a_file_without_sound_is_an_error() -> None:
    subtitles = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"
    with pytest.raises(AudioError, match="expected an audio stream"):
        load_audio(subtitles)


@pytest.mark.parametrize(
    ("source", "found"),
    [(None, "found NoneType"), (3, "found int"), (io.StringIO("a"), "open .* as 'rb'")],
)
def test_what_is_no_source_is_an_error(source: Any, found: str) -> None:
    with pytest.raises(AudioError, match=found):
        load_audio(source)


def test_all_shared_formats_have_the_length_that_the_manifest_says(
    speech: Path,
) -> None:
    with open(speech / "manifest.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    lengths: dict[str, list[float]] = {}
    for row in rows:
        if row["path"].startswith("formats/"):
            lengths.setdefault(row["path"], []).append(float(row["seconds"]))
    assert lengths
    for path, seconds in lengths.items():
        found = len(load_audio(speech / path)) / 16_000
        assert min(abs(found - length) for length in seconds) < 0.5, path


def test_shared_broken_files_are_errors_of_one_line(speech: Path) -> None:
    for path in sorted((speech / "broken").iterdir()):
        if path.name == "zero.wav":  # near silence, which is sound
            assert np.abs(load_audio(path)).max() < 0.01
            continue
        with pytest.raises(AudioError, match=f"{path.name}: expected.*found") as error:
            load_audio(path)
        assert "\n" not in str(error.value)
