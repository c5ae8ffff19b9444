"""The house rules that a machine can hold."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import max_whisper

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "max_whisper"
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))]
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 50
MAX_PARAMETERS = 5
UNFINISHED = re.compile("TO" + r"DO|FIX" + r"ME|X" + "XX")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def test_public_names_are_sorted_and_all_there() -> None:
    names = max_whisper.__all__
    # Constants, then classes, then the rest, as ruff sorts them.
    assert names == sorted(
        names, key=lambda n: (not n.isupper(), not n[0].isupper(), n)
    )
    assert len(set(names)) == len(names)
    for name in names:
        assert getattr(max_whisper, name) is not None
    assert set(dir(max_whisper)) == set(names)


def test_lazy_names_are_those_that_type_checkers_see() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    imported = {
        (node.module.removeprefix("max_whisper."), alias.name)
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    lazy = {
        (room, name) for room, names in max_whisper._ROOMS.items() for name in names
    }
    assert imported == lazy
    assert {name for _, name in lazy} | {"__version__"} == set(max_whisper.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'whisper'"):
        max_whisper.whisper  # noqa: B018


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_FILE_LINES
    for function in functions(path):
        lines = (function.end_lineno or 0) - function.lineno + 1
        assert lines <= MAX_FUNCTION_LINES, f"{function.name} has {lines} lines"
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        given = [name for name in names if name not in ("self", "cls")]
        assert len(given) <= MAX_PARAMETERS, f"{function.name} takes {given}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_is_left_for_later(path: Path) -> None:
    assert not UNFINISHED.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["cli", "python"])
def test_the_page_of_flags_or_options_is_in_step(name: str) -> None:
    script = ROOT / "docs" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", script)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert written == getattr(module, f"{name}_page")(), "run: make docs"


def test_the_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{max_whisper.__version__}]" in changelog


def test_links_between_pages_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
