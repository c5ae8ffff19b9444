"""Sound in: any file, bytes, stream or array as 16 kHz mono float32."""

from max_whisper.audio.load import AudioSource, Samples, load_audio, stream_audio

__all__ = ["AudioSource", "Samples", "load_audio", "stream_audio"]
