"""Whisper itself: encoder and decoder as graphs, named as Hugging Face names them."""
