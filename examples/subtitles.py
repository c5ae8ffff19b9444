"""Write subtitles beside each recording: talk.mp4 gets talk.srt.

python examples/subtitles.py tiny.en talk.mp4 call.wav
"""

import sys
from pathlib import Path

import max_whisper
from max_whisper.formats import render


def main(name_or_path: str, *recordings: str) -> None:
    """Load the model once and use it for every recording."""
    with max_whisper.load_model(name_or_path) as model:
        for recording in map(Path, recordings):
            try:
                transcript = model.transcribe(recording)
            except max_whisper.AudioError as error:
                print(error, file=sys.stderr)
                continue
            subtitles = recording.with_suffix(".srt")
            subtitles.write_text(render(transcript, "srt"), encoding="utf-8")
            print(subtitles)


if __name__ == "__main__":
    main(*sys.argv[1:])
