"""`max-whisper models`: the short names, and which of them are on this machine."""

from __future__ import annotations

from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Print a table of the models."""
    from max_whisper import demo
    from max_whisper.weights import KNOWN_MODELS

    in_the_box = (demo.NAME, "(in the box)", "yes")
    rows = [
        (name, repo, "yes" if is_here(repo, arguments.model_dir) else "no")
        for name, repo in KNOWN_MODELS.items()
    ]
    for row in (("NAME", "ON THE HUB", "ON THIS MACHINE"), *rows, in_the_box):
        print("{:<18}{:<34}{}".format(*row))
    print("\nAlso: owner/name of any Whisper on the hub, a folder, or a .pt of OpenAI.")
    return 0


def is_here(repo: str, model_dir: str | None) -> bool:
    """Whether the cache holds the config and the weights of a repository."""
    from huggingface_hub import try_to_load_from_cache

    def is_cached(file: str) -> bool:
        return isinstance(try_to_load_from_cache(repo, file, cache_dir=model_dir), str)

    weights = ("model.safetensors", "model.safetensors.index.json")
    return is_cached("config.json") and any(map(is_cached, weights))
