"""Scripted faults: what a platform does on its bad days, on real sockets, as often as asked.

    platform.faults.add(Kind.COMMIT_THEN_CLOSE, path="/rollback$")  # the next answer is lost
    platform.faults.add(Kind.ANSWER, path="/links", method="GET", status=503, times=None)
    platform.faults.add(Kind.THROTTLE, retry_after="2", times=3)
    platform.faults.rival(lambda: platform.edit("docs", by="kim", title="new"), path="/rollback$")

`before` kinds never reach the platform; `commit_then` kinds do, and lose or spoil the answer.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from console.domain.links import JSON


class Kind(StrEnum):
    """What goes wrong."""

    ANSWER = "answer"
    DAY_SPENT = "day_spent"
    THROTTLE = "throttle"
    DELAY = "delay"
    HTML_200 = "html_200"
    REDIRECT = "redirect"
    NO_ROUTE = "no_route"
    TOO_LARGE = "too_large"
    """413 for a body of more than `size` bytes, as gateways do; any other passes."""
    BIG_BODY = "big_body"
    DRIP = "drip"
    RAW = "raw"
    BEFORE_CLOSE = "before_close"
    BEFORE_HANG = "before_hang"
    BEFORE_RST = "before_rst"
    COMMIT_THEN_502 = "commit_then_502"
    COMMIT_THEN_ANSWER = "commit_then_answer"
    COMMIT_THEN_HTML = "commit_then_html"
    COMMIT_THEN_HANG = "commit_then_hang"
    COMMIT_THEN_CLOSE = "commit_then_close"
    COMMIT_THEN_HALF = "commit_then_half"
    COMMIT_THEN_429 = "commit_then_429"
    COMMIT_THEN_GZIP_CUT = "commit_then_gzip_cut"
    COMMIT_THEN_RST = "commit_then_rst"
    RIVAL = "rival"


PASSING: Final = frozenset({Kind.DELAY, Kind.RIVAL})
"""Kinds after which the request goes on."""


@dataclass(slots=True)
class Fault:
    """One scripted fault.

    Attributes:
        times: how often it strikes; None: always.
        skip: matching requests that are let through first.
        hits: how often it struck.
    """

    kind: Kind
    method: str
    path: re.Pattern[str]
    times: int | None = 1
    skip: int = 0
    status: int = 503
    body: str | bytes | Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    seconds: float = 0.0
    retry_after: str | None = None
    location: str = "https://elsewhere.example/login"
    size: int | None = 64 * 1024 * 1024
    call: Callable[[], object] | None = None
    after: bool = False
    hits: int = 0

    def _matches(self, method: str, path: str) -> bool:
        return self.method in {method, "*"} and self.path.search(path) is not None

    def strikes(self, method: str, path: str) -> bool:
        """Whether it strikes this request; counts it when it does."""
        if not self._matches(method, path) or (self.times is not None and self.hits >= self.times):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.hits += 1
        return True


class FaultPlan:
    """The script. Safe to change from a test's thread while the server runs.

    Attributes:
        ignore_preconditions: the platform does not look at `If-Match` and `expectedVersion`.
        ignore_idempotency: the platform does not look at `Idempotency-Key`.
    """

    def __init__(self) -> None:
        self.ignore_preconditions = False
        self.ignore_idempotency = False
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: Kind | str, *, path: str = "", method: str = "*", **settings: JSON) -> Fault:
        """Script one fault; `path` is a regular expression searched in the request's path.

        `settings` are the fields of `Fault`. The fault that was added first strikes first.
        """
        fault = Fault(Kind(kind), method.upper(), re.compile(path), **settings)
        with self._lock:
            self._faults.append(fault)
        return fault

    def rival(
        self, call: Callable[[], object], *, path: str, method: str = "*", after: bool = False, **more: JSON
    ) -> Fault:
        """Have somebody act just before a matching request reaches the platform, or just after its answer."""
        return self.add(Kind.RIVAL, path=path, method=method, call=call, after=after, **more)

    def clear(self) -> None:
        """Forget every fault and let the platform look at preconditions and keys again."""
        with self._lock:
            self._faults.clear()
        self.ignore_preconditions = self.ignore_idempotency = False

    def striking(self, method: str, path: str) -> list[Fault]:
        """The faults of one request: those it passes, and at most one that ends it."""
        found: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                if fault.strikes(method, path):
                    found.append(fault)
                    if fault.kind not in PASSING:
                        break
        return found
