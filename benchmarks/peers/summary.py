"""The diary of a run as `results/peers.json`: medians, ratios, words, reasons."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.accuracy import Utterance, compare, word_error_rate
from benchmarks.peers.diary import Diary, Entry

Words = Callable[[list[str]], list[list[str]]]

METHOD = {
    "timed": "from the name of a WAV file of 16 kHz to its text: reading, log-mel, "
    "encoder, decoder, text; all of it on the same threads",
    "not timed": "loading (see the whole processes), a first short run that warms up, "
    "and decoding of compressed sound, which is done once for all; for `turbo`, whose "
    "processes are started anew for every run, nothing is warmed up",
    "start": "from starting a process to its end, with loading and a clip of 11 s; the "
    "first run finds no cache of its own, but the files of the engine and the weights "
    "may be in the machine's page cache",
    "decoding": "English, one try at temperature 0, nothing read of the window before, "
    "for all alike; `as shipped` leaves temperatures, thresholds and previous text as "
    "each engine has them",
    "tokens": "those of the text that is returned, times included where the engine "
    "decodes them: ours, openai-whisper, faster-whisper and whisper.cpp by their "
    "segments, transformers by its sequences without padding; openvino and sherpa-onnx "
    "by their text, without times; neither prompts nor beams that were given up",
    "memory": "the most a process held while it transcribed, its model included",
    "cores_busy": "processor seconds by seconds, in the JSON: whether the machine "
    "had other work",
    "ratio": "seconds of the peer by seconds of ours in the same round; the median",
    "words": "normalised as in the Whisper paper; an utterance is spoilt if an engine "
    "says the same one to eight words four times in a row or more, or loses over half "
    "of its words; `wer` and `wer_ours` are over utterances that neither spoils",
    "whisper.cpp": "of its precisions the one that was fastest on 30 s goes on; built "
    "on this machine for its processor; non-speech tokens are suppressed, as "
    "in the others; float32 is not among them, since its convolutions stop at anything "
    "but float16",
    "sherpa-onnx": "hears 30 s at most, so longer sound is cut at pauses; greedy alone",
}


def summarise(diary: Diary, words: Words) -> dict[str, Any]:
    """Everything but the machine."""
    return {
        "method": METHOD,
        "cases": [case_of(diary, facts, words) for facts in diary.find("case")],
        "loads": loads(diary),
        "starts": starts(diary),
        "missing": [without_kind(entry) for entry in diary.find("missing")],
    }


def case_of(diary: Diary, facts: Entry, words: Words) -> dict[str, Any]:
    """A case with a row for everyone who ran in it."""
    groups: dict[tuple[str, int], list[Entry]] = {}
    for run in diary.find("run", case=facts["name"]):
        groups.setdefault((run["contender"], run["beam"]), []).append(run)
    spoken = facts.get("utterances", ())
    heard = judge(spoken, [runs[0]["text"] for runs in groups.values()], words)
    judged = dict(zip(groups, heard, strict=True))
    length = facts["audio_seconds"]
    rows = [
        {
            "contender": name,
            "beam": beam,
            "seconds": spread(run["seconds"] for run in runs),
            "cores_busy": statistics.median(
                run["cpu_seconds"] / run["seconds"] for run in runs
            ),
            "rtfx": length / statistics.median(run["seconds"] for run in runs),
            "tokens": runs[0]["tokens"],
            "peak_mb": max(run["peak_mb"] or 0 for run in runs) or None,
            "against": against(groups, judged, (name, beam)),
            **accuracy(judged[name, beam]),
            "text": runs[0]["text"],
        }
        for (name, beam), runs in groups.items()
    ]
    heats = [without_text(heat) for heat in diary.find("heat", case=facts["name"])]
    return {**without_kind(facts), "rows": rows, "heats": heats}


def judge(
    spoken: Sequence[str], texts: list[str], words: Words
) -> list[list[Utterance]]:
    """How each text did; nothing where it is not known what was said."""
    if not spoken:
        return [[] for _ in texts]
    normalised = words([*spoken, *texts])
    reference, heard = normalised[: len(spoken)], normalised[len(spoken) :]
    return [compare(reference, each) for each in heard]


def accuracy(found: list[Utterance]) -> dict[str, Any]:
    if not found:
        return {}
    return {
        "wer_all": word_error_rate(found, [False] * len(found)),
        "utterances": len(found),
        "looping": sum(u.loops for u in found),
        "lost": sum(u.is_lost and not u.loops for u in found),
    }


def against(
    groups: dict[tuple[str, int], list[Entry]],
    judged: dict[tuple[str, int], list[Utterance]],
    row: tuple[str, int],
) -> dict[str, Any]:
    """How many times as long as each of ours, and the words of both."""
    ours = [key for key in groups if key[0].startswith("ours ") and key[1] == row[1]]
    return {
        key[0]: ratio(groups[row], groups[key]) | wer(judged[row], judged[key])
        for key in ours
        if key != row
    }


def ratio(theirs: list[Entry], ours: list[Entry]) -> dict[str, Any]:
    mine = {run["round"]: run["seconds"] for run in ours}
    shared = [run for run in theirs if run["round"] in mine]
    return spread(run["seconds"] / mine[run["round"]] for run in shared)


def wer(theirs: list[Utterance], ours: list[Utterance]) -> dict[str, Any]:
    if not theirs:
        return {}
    out = [a.is_spoilt or b.is_spoilt for a, b in zip(theirs, ours, strict=True)]
    return {
        "wer": word_error_rate(theirs, out),
        "wer_ours": word_error_rate(ours, out),
        "utterances": out.count(False),
    }


def loads(diary: Diary) -> list[dict[str, Any]]:
    """What loading took, and the versions of everything."""
    return [without_kind(entry) for entry in diary.find("load")]


def starts(diary: Diary) -> list[dict[str, Any]]:
    """Seconds of a first process, and the median of later ones."""
    found = []
    for name in dict.fromkeys(run["contender"] for run in diary.find("start")):
        runs = diary.find("start", contender=name)
        later = [run for run in runs if run["round"] > 0]
        row: dict[str, Any] = {"contender": name, "first": runs[0]["seconds"]}
        for key in ("seconds", "ready"):
            row |= {f"later_{key}": spread(run[key] for run in later)} if later else {}
        found.append(row)
    return found


def spread(values: Iterable[float]) -> dict[str, Any]:
    numbers = list(values)
    if not numbers:
        return {"rounds": 0}
    return {
        "min": min(numbers),
        "median": statistics.median(numbers),
        "max": max(numbers),
        "rounds": len(numbers),
    }


def without_kind(entry: Entry) -> Entry:
    return {key: value for key, value in entry.items() if key != "kind"}


def without_text(entry: Entry) -> Entry:
    return {k: v for k, v in entry.items() if k not in ("kind", "text", "round")}
