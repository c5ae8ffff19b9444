"""Checkpoints by name, from the Hugging Face hub or its cache on this machine.

The library's own settings hold: HF_HOME, HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from max_whisper import demo
from max_whisper.errors import CheckpointError
from max_whisper.weights.files import (
    ADDED,
    CONFIG,
    GENERATION_CONFIG,
    INDEX,
    MERGES,
    PICKLED,
    TOKENIZER,
    VOCAB,
    WEIGHTS,
    has_tokenizer,
    weight_files,
)

KNOWN_MODELS: Mapping[str, str] = {
    "tiny": "openai/whisper-tiny",
    "tiny.en": "openai/whisper-tiny.en",
    "base": "openai/whisper-base",
    "base.en": "openai/whisper-base.en",
    "small": "openai/whisper-small",
    "small.en": "openai/whisper-small.en",
    "medium": "openai/whisper-medium",
    "medium.en": "openai/whisper-medium.en",
    "large-v1": "openai/whisper-large",
    "large-v2": "openai/whisper-large-v2",
    "large-v3": "openai/whisper-large-v3",
    "large": "openai/whisper-large-v3",
    "large-v3-turbo": "openai/whisper-large-v3-turbo",
    "turbo": "openai/whisper-large-v3-turbo",
    "distil-small.en": "distil-whisper/distil-small.en",
    "distil-medium.en": "distil-whisper/distil-medium.en",
    "distil-large-v2": "distil-whisper/distil-large-v2",
    "distil-large-v3": "distil-whisper/distil-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5",
}
"""Short names, as openai/whisper has them, and their repositories on the hub."""

# Not *.safetensors: some repositories hold the same weights twice, as model.fp32-*.
CHECKPOINT_FILES = (
    CONFIG,
    GENERATION_CONFIG,
    TOKENIZER,
    WEIGHTS,
    INDEX,
    "model-*-of-*.safetensors",
)


def download(repo: str, *, cache_dir: Path | None = None) -> Path:
    """The folder of `owner/name`: from the cache if all is there, else from the hub.

    Raises `CheckpointError`, in one line with its remedies, where that fails.
    """
    folder = _fetch(repo, CHECKPOINT_FILES, _is_whole, cache_dir)
    if _is_whole(folder):
        return folder
    return _fetch(repo, (*CHECKPOINT_FILES, *_older(folder)), _is_whole, cache_dir)


def download_tokenizer(repo: str, *, cache_dir: Path | None = None) -> Path:
    """The tokenizer.json of `owner/name`, fetched as `download` does."""
    folder = _fetch(repo, (TOKENIZER,), _has_tokenizer_json, cache_dir)
    return folder / TOKENIZER


def _fetch(
    repo: str,
    files: tuple[str, ...],
    is_whole: Callable[[Path], bool],
    cache_dir: Path | None,
) -> Path:
    from huggingface_hub import snapshot_download  # slow to import
    from huggingface_hub.errors import LocalEntryNotFoundError

    def snapshot(*, local_files_only: bool) -> Path:
        return Path(
            snapshot_download(
                repo,
                allow_patterns=list(files),
                cache_dir=cache_dir,
                local_files_only=local_files_only,
            )
        )

    try:
        try:
            folder = snapshot(local_files_only=True)
            if is_whole(folder):
                return folder
        except LocalEntryNotFoundError:
            pass
        return snapshot(local_files_only=False)
    except Exception as error:  # its network errors share no root across its versions
        raise CheckpointError(_explain(error, repo)) from error


def _is_whole(folder: Path) -> bool:
    """Whether a cached folder can be loaded; an interrupted download cannot."""
    return (
        _has_weights(folder) and (folder / CONFIG).is_file() and has_tokenizer(folder)
    )


def _has_weights(folder: Path) -> bool:
    try:
        return bool(weight_files(folder))
    except CheckpointError:
        return False


def _older(folder: Path) -> list[str]:
    """What a repository may have in place of what it lacks of the newer files."""
    weights = [] if _has_weights(folder) else [PICKLED]
    tokenizer = [] if has_tokenizer(folder) else [VOCAB, MERGES, ADDED]
    return weights + tokenizer


def _has_tokenizer_json(folder: Path) -> bool:
    return (folder / TOKENIZER).is_file()


def _explain(error: Exception, repo: str) -> str:
    """One line for a user: what was expected, what was found, what to do."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return (
            f"{repo}: expected an open model, found a gated one; accept its "
            "terms on its page and set HF_TOKEN to your token"
        )
    if isinstance(error, (errors.RepositoryNotFoundError, errors.HFValidationError)):
        return (
            f"{repo}: expected a model on the hub, found none of that name; "
            f"set HF_TOKEN if it is private, or use one of {', '.join(KNOWN_MODELS)}"
        )
    return (
        f"{repo}: expected it in the cache or on the hub, found it in neither "
        f"({_reason(error)}); go online, set HF_HOME to a cache that holds it, name a "
        f"local folder, or try the model in the box, {demo.NAME!r}"
    )


def _reason(error: Exception) -> str:
    from huggingface_hub.constants import HF_HUB_OFFLINE

    if HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    cause = error.__cause__ or error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]
