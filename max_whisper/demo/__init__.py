"""The model in the box and a sound for it: data, with the paths that lead there.

`model` is a checkpoint as Hugging Face lays one out, with its card; `sample.tsv` says
what is said in `sample.flac`, and when: start and end in milliseconds, and text.
"""

from pathlib import Path

NAME = "demo"
"""What the model is called wherever a model is named."""

MODEL = Path(__file__).parent / "model"
SAMPLE = Path(__file__).parent / "sample.flac"
SAID = Path(__file__).parent / "sample.tsv"
