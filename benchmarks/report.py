"""Write the tables of README.md and docs/performance.md from `results/*.json`.

    python -m benchmarks.report

With matplotlib (`pip install -e '.[charts]'`) it draws the charts in docs/charts too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import charts, gpu_tables, peers_aims, peers_tables

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
CHARTS = ROOT / "docs" / "charts"
FILES = {"peers_short": "peers", "peers_aims": "peers"}
"""Of tables that are made from another's file."""

DOCUMENTS = (
    "README.md",
    "docs/performance.md",
    "docs/gpu.md",
    "max_whisper/demo/model/README.md",
)

Row = tuple[str, ...]


def main() -> None:
    peers = RESULTS / "peers.json"
    if peers.exists() and find_spec("matplotlib"):
        charts.draw(json.loads(peers.read_text()), CHARTS)
    for name in DOCUMENTS:
        path = ROOT / name
        path.write_text(fill(path.read_text(encoding="utf-8")), encoding="utf-8")


def fill(text: str) -> str:
    """`text` with each table between its markers made anew."""
    for name, table in tables().items():
        marked = rf"(<!-- {name}:start -->\n).*?(<!-- {name}:end -->)"
        text = re.sub(marked, rf"\g<1>{table}\g<2>", text, flags=re.DOTALL)
    return text


def tables() -> dict[str, str]:
    """The Markdown of every result that there is."""
    makers = {
        "parity": parity,
        "words": words,
        "speed": speed,
        "kernels": kernels,
        "peers": peers,
        "peers_short": peers_short,
        "peers_aims": peers_aims_table,
        "batches_float32": batches,
        "batches_int8": batches,
        "int8": precision,
        "bfloat16": precision,
        "float16": precision,
        "emulated": precision,
        "gpu": gpu,
        "gpu_compile": gpu_compile,
        "memory": memory,
        "false_words": false_words,
        "demo": demo,
    }
    found = {}
    for name, make in makers.items():
        path = RESULTS / f"{FILES.get(name, name)}.json"
        if path.exists():
            found[name] = make(json.loads(path.read_text()))
    return found


def parity(results: dict[str, Any]) -> str:
    rows = [tuple(row) for row in results["rows"]]
    commits = results["transcripts_commits"].items()
    parts = ", ".join(f"{count} at commit {commit}" for commit, count in commits)
    made = f"\nRecordings transcribed: {parts}.\n"
    return table(("measure", "found", "bound"), rows) + made + measured_with(results)


def words(results: dict[str, Any]) -> str:
    """Word times beside openai-whisper's, and of both beside true ones."""
    found = results["agreement"]
    same = f"{found['near']} of {found['words']} ({found['near'] / found['words']:.2%})"
    rows: list[Row] = [
        (f"words and times within 20 ms, {found['files']} files", same, "≥ 99 %"),
        ("largest difference of a probability", f"{found['probability']:.1e}", ""),
    ]
    for whose, gaps in results["true_times"].items():
        median = f"{1000 * gaps['median_seconds']:.0f} ms of {gaps['times']} times"
        rows.append((f"distance from true times, median, {whose}", median, ""))
    return table(("measure", "found", "bound"), rows) + measured_with(results)


def speed(results: dict[str, Any]) -> str:
    rows = [
        (name, *(f"{1000 * times[k]:.1f}" for k in ("min", "median", "max")))
        for name, times in results["seconds"].items()
    ]
    head = ("milliseconds", "min", "median", "max")
    return table(head, rows) + measured_with(results)


def kernels(results: dict[str, Any]) -> str:
    """Every kernel, and the share of the machine's peak that it reaches."""
    peaks = results["peaks"]
    products = {"float32": peaks["float32_gflops"], "int8": peaks["int8_gops"]}
    rows = [
        (
            row["stage"],
            row["kernel"],
            row["dtype"],
            f"{row['milliseconds']:.3f}",
            _share(row["gops"], products[row["dtype"]]),
            _share(row["gb_s"], peaks["read_gb_s"]),
        )
        for row in results["rows"]
    ]
    rows.sort(key=lambda row: row[0], reverse=True)
    head = ("stage", "kernel", "precision", "ms", "G operations/s", "GB/s read")
    at_most = (
        f"\nAt most, on {peaks['threads']} threads: {peaks['int8_gops']:.0f} G int8 "
        f"and {peaks['float32_gflops']:.0f} G float32 operations/s, "
        f"{peaks['read_gb_s']:.0f} GB/s read.\n"
    )
    return table(head, rows) + at_most + measured_with(results)


def _share(found: float, most: float) -> str:
    return f"{found:.0f} ({found / most:.0%})" if found >= most / 100 else ""


def precision(results: dict[str, Any]) -> str:
    """What another precision loses of float32."""
    rows = [tuple(row) for row in results["rows"]]
    return table(("measure", "found", "bound"), rows) + measured_with(results)


def gpu(results: dict[str, Any]) -> str:
    found = table(*gpu_tables.speed(results)) + gpu_tables.card(results)
    return found + measured_with(results)


def gpu_compile(results: dict[str, Any]) -> str:
    return table(*gpu_tables.compiled(results)) + measured_with(results)


def batches(results: dict[str, Any]) -> str:
    """Seconds of windows side by side, and how many times faster than in turn."""
    rows = [
        (
            case["case"],
            way["way"],
            f"{way['seconds']:.1f}",
            f"{way['faster']:.2f}",
            "yes" if way["same_text"] else "no",
        )
        for case in results["cases"]
        for way in case["ways"]
    ]
    head = ("what", "how", "seconds, median", "times faster", "same text")
    return table(head, rows) + measured_with(results)


def memory(results: dict[str, Any]) -> str:
    """Peak memory by the length of the recording, and a run that was killed."""
    short, whole, resumed = (results[name] for name in ("short", "long", "resumed"))
    rows = [
        (
            f"{run['sound_seconds'] / 60:.0f} minutes{what}",
            f"{run['peak_mb']:.0f}",
            f"{run['seconds']:.0f}",
        )
        for run, what in ((short, ""), (whole, ""), (resumed, ", resumed"))
    ]
    windows = f"{results['killed_after_windows']} of {whole['windows']} windows"
    same = "the same" if results["same"] else "not the same"
    ended = f"\nKilled after {windows} and resumed, the transcript is {same}.\n"
    head = ("sound", "peak memory, MB", "seconds")
    return table(head, rows) + ended + measured_with(results)


def false_words(results: dict[str, Any]) -> str:
    """Words where nobody speaks, and words in loops."""
    minutes = results["minutes"]
    kinds = [f"{kind}, {length:.1f} min" for kind, length in minutes.items()]
    rows = [
        (
            row["name"],
            *(f"{row['words_a_minute'][kind]:.1f}" for kind in minutes),
            f"{row['repeated']:.2%} of {row['words']}",
        )
        for row in results["rows"]
    ]
    head = ("false words a minute", *kinds, "words in a loop, speech")
    return table(head, rows) + measured_with(results)


def peers(results: dict[str, Any]) -> str:
    parts = []
    for title, head, rows in peers_tables.tables(results):
        parts.append(f"{title}\n\n" + table(head, rows))
    parts += [f"![{Path(path).stem}]({path})\n" for path in drawn(results)]
    notes = [f"- *{name}*: {text}.\n" for name, text in results["method"].items()]
    return "\n".join([*parts, "".join(notes), peer_versions(results)]) + (
        measured_with(results)
    )


def peers_short(results: dict[str, Any]) -> str:
    """The first case alone, for those who want to know how fast it is."""
    return table(*peers_tables.short(results)) + measured_with(results)


def peers_aims_table(results: dict[str, Any]) -> str:
    """Aims, and how far we are."""
    return table(*peers_aims.table(results)) + measured_with(results)


def peer_versions(results: dict[str, Any]) -> str:
    """What the peers were, by their own packages."""
    found = {
        f"{package} {version}"
        for load in results["loads"]
        for package, version in load["versions"].items()
        if package != "max-whisper"
    }
    return f"The peers: {', '.join(sorted(found))}.\n"


def drawn(results: dict[str, Any]) -> list[str]:
    """The charts that there are, as the documents name them."""
    found = []
    for case in results["cases"]:
        for beam in sorted({row["beam"] for row in case["rows"]}):
            name = charts.chart_name(case, beam)
            if (CHARTS / name).exists():
                found.append(f"charts/{name}")
    return found


def demo(results: dict[str, Any]) -> str:
    """The figures of the model in the box."""
    official, left_out = results["official_test"], results["left_out_speaker"]
    sentences, silent = results["sentences"], results["no_speech"]
    rows: list[Row] = []
    for whose, found in (("official test", official), ("speaker left out", left_out)):
        errors = f"{found['digit_error_rate']:.2%} of {found['digits']}"
        rows.append((f"digit error rate, {whose}", errors))
        near = f"{found['times_within_0.2_s']:.2%} of {found['times']}"
        rows.append((f"starts and ends within 0.2 s, {whose}", near))
    words = f"{sentences['word_error_rate']:.2%} of {sentences['words']}"
    rows.append(("word error rate, new synthetic sentences", words))
    quiet = sum(text == "" for text in silent.values())
    rows.append(("files without speech that got no text", f"{quiet} of {len(silent)}"))
    return table(("measure", "found"), rows) + measured_with(results)


def table(head: Row, rows: list[Row]) -> str:
    return "\n".join(lines(head, rows)) + "\n"


def lines(head: Row, rows: list[Row]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def measured_with(results: dict[str, Any]) -> str:
    machine = results["machine"]
    versions = ", ".join(f"{k} {v}" for k, v in machine["versions"].items())
    return (
        f"\nMeasured at commit {machine['commit']} on {machine['cores']} cores of an "
        f"{machine['processor']}, with Python {machine['python']}, {versions}.\n"
    )


if __name__ == "__main__":
    main()
