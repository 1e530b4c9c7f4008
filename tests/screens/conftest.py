"""What the screens' tests leave behind is taken away: a console's engine owns files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.frozen import ENGINES


@pytest.fixture(autouse=True)
def _engines_end() -> Iterator[None]:
    yield
    while ENGINES:
        ENGINES.pop().stop()
