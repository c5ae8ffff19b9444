"""Print what is said in a recording, while it is still being transcribed.

python examples/transcribe.py speech.mp3 tiny.en
"""

import sys

import max_whisper


def main(audio: str, name_or_path: str) -> None:
    """Print each segment as it comes, then how fast it was spoken."""
    with max_whisper.load_model(name_or_path) as model:
        stream = model.segments(audio)
        for segment in stream:
            print(f"{segment.start:7.2f} {segment.end:7.2f} {segment.text.strip()}")
    words = stream.transcript().text.split()
    print(f"{len(words)} words in {stream.duration:.1f} s, language {stream.language}")


if __name__ == "__main__":
    main(*sys.argv[1:])
