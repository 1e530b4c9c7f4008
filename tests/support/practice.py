"""Fixtures over the practice platform: real HTTP on loopback, a fresh one for each test that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from console.practice.server import PracticeServer

Serve = Callable[..., PracticeServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts practice servers with any arguments of `PracticeServer`; they stop with the test."""
    with ExitStack() as stack:

        def start(scenario: str = "tiny", **settings: Any) -> PracticeServer:
            return stack.enter_context(PracticeServer(scenario, **settings))

        yield start


@pytest.fixture
def practice(serve: Serve) -> PracticeServer:
    """The practice platform with the `tiny` scenario: 12 links of every kind."""
    return serve("tiny")


@pytest.fixture
def outage(serve: Serve) -> Serve:
    """Starts the `outage` scenario: `outage()` has 60 links, `outage(links=2000)` the whole story."""

    def start(**settings: Any) -> PracticeServer:
        return serve("outage", **{"links": 60, **settings})

    return start
