"""The same weights in the form that each engine reads, made by its own converter.

They lie in `build/bench/models/MODEL/FORM`. Where a converter is no package but a
script in its project's repository, the file in `converters` says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.peers.environments import BUILD, ROOT, Missing, python, run
from benchmarks.shapes import NAMES, SHAPES

SHARED = ROOT.parent / "shared"
TRAINED = SHARED / "models" / "whisper-tiny.en-relearned"
MODELS = BUILD / "models"
SCRIPTS = "benchmarks.peers.converters"


def weights(model: str, form: str) -> Path:
    """The file or folder of `model` in `form`, converted if it is not there.

    Raises `Missing` with what the converter said.
    """
    if form == "huggingface" and model == "tiny":
        if not TRAINED.exists():
            raise Missing(
                f"expected a checkpoint in {TRAINED.relative_to(ROOT.parent)}"
            )
        return TRAINED
    made = MODELS / model / form
    if not made.exists():
        unfinished = made.with_name(f"{form}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        kind, _, precision = form.partition("-")
        CONVERTERS[kind](model, unfinished, precision)
        unfinished.rename(made)
    files = list(made.iterdir())
    return files[0] if len(files) == 1 else made


def random_checkpoint(model: str, made: Path, _: str) -> None:
    """Of a shape of OpenAI's, with the English vocabulary of the trained model."""
    shape = SHAPES[model]
    numbers = [shape[name] for name in NAMES if name != "vocabulary"]
    script("random_weights", TRAINED, made, *map(str, numbers))


def openai(model: str, made: Path, _: str) -> None:
    script("openai", weights(model, "huggingface"), made / f"{model}.pt")


def ctranslate2(model: str, made: Path, precision: str) -> None:
    converter = python("convert").with_name("ct2-transformers-converter")
    made.rmdir()
    source = str(weights(model, "huggingface"))
    copied = ["--copy_files", "tokenizer.json", "preprocessor_config.json"]
    kept = ["--output_dir", str(made), "--quantization", precision]
    run([str(converter), "--model", source, *kept, *copied])


def ggml(model: str, made: Path, precision: str) -> None:
    source = weights(model, "huggingface")
    if precision not in ("f16", "f32"):
        source = weights(model, "ggml-f16")
    script("ggml", source, made / f"{precision}.bin", precision)


def openvino(model: str, made: Path, precision: str) -> None:
    converter = python("convert").with_name("optimum-cli")
    source = str(weights(model, "huggingface"))
    task = ["--task", "automatic-speech-recognition-with-past"]
    export = ["export", "openvino", "--model", source, *task]
    run([str(converter), *export, "--weight-format", precision, str(made)])


def sherpa(model: str, made: Path, _: str) -> None:
    script("sherpa_onnx", weights(model, "openai"), made)


def script(name: str, source: Path, made: Path, *arguments: str) -> None:
    """Run one of our own `converters` in the environment that has PyTorch."""
    program = [str(python("convert")), "-m", f"{SCRIPTS}.{name}"]
    run([*program, str(source), str(made), *arguments], PYTHONWARNINGS="ignore")


CONVERTERS: dict[str, Callable[[str, Path, str], None]] = {
    "huggingface": random_checkpoint,
    "openai": openai,
    "ctranslate2": ctranslate2,
    "ggml": ggml,
    "openvino": openvino,
    "sherpa": sherpa,
}
