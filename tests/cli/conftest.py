"""Every test of the command runs in an empty folder, on a model without weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import stand_in


@pytest.fixture(autouse=True)
def engines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> list[stand_in.StandInEngine]:
    monkeypatch.chdir(tmp_path)
    return stand_in.install(monkeypatch)
