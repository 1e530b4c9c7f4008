"""Places for the cache's tests; nothing is made yet."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def cache_path(tmp_path: Path) -> Path:
    return tmp_path / "place" / "cache" / "links.db"


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "place" / "state" / "journal.db"
