"""Weights in: a folder, an OpenAI `.pt` or a name on the hub as one Checkpoint."""

from max_whisper.weights.checkpoint import Checkpoint, Weights
from max_whisper.weights.hub import KNOWN_MODELS
from max_whisper.weights.load import load_checkpoint
from max_whisper.weights.names import expected_shapes

__all__ = [
    "KNOWN_MODELS",
    "Checkpoint",
    "Weights",
    "expected_shapes",
    "load_checkpoint",
]
