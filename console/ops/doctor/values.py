"""What `doctor` says of one thing that it looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How a thing stands. Only FAIL makes the whole examination fail."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"
    """Not looked at: something before it failed, or offline was asked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was found, in one sentence, and what to do about it.

    Attributes:
        name: stable, for scripts: `profile`, `dns`, `tls`, `route_history`, ...
        remedy: the next step; empty where there is nothing to do.
    """

    name: str
    grade: Grade
    sentence: str
    remedy: str = ""


def ok(name: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(name, Grade.OK, sentence)


def warn(name: str, sentence: str, remedy: str = "") -> Finding:
    """It works, and the operator should know."""
    return Finding(name, Grade.WARN, sentence, remedy)


def fail(name: str, sentence: str, remedy: str = "") -> Finding:
    """It does not work."""
    return Finding(name, Grade.FAIL, sentence, remedy)


def skipped(name: str, why: str) -> Finding:
    """It was not looked at."""
    return Finding(name, Grade.SKIPPED, why)


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing failed."""
    return all(found.grade is not Grade.FAIL for found in findings)


def worded(title: str, detail: str = "") -> str:
    """An error's title and detail as one line that ends like a sentence."""
    text = ". ".join(part.strip().rstrip(".") for part in (title, detail) if part.strip())
    return f"{text}."
