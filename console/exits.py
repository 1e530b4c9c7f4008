"""Exit codes: their meaning, and the one place that gives each failure and each outcome its code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from console.domain.errors import RepointError
    from console.domain.outcomes import Outcome


class ExitCode(IntEnum):
    """What `repoint` ends with. The numbers are a contract with scripts."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    PARTLY = 4
    UNKNOWN = 5
    SIGN_IN = 6
    BUDGET = 7
    UNREACHABLE = 8
    INPUT = 9
    INTERRUPTED = 130


MEANINGS: Final[dict[ExitCode, str]] = {
    ExitCode.DONE: "done as asked, or nothing was to be done",
    ExitCode.FAILED: "failed for a reason none of the others names; a check of `doctor` failed",
    ExitCode.USAGE: "wrong usage or configuration",
    ExitCode.REFUSED: "refused by a guard: stale, not seen, expired, protected, failed check, not confirmed",
    ExitCode.PARTLY: "partly done: some items or rows did not succeed, overtaken, or a held link moved",
    ExitCode.UNKNOWN: "outcome unknown: run `repoint reconcile`",
    ExitCode.SIGN_IN: "not signed in, token expired, role, scope or plan insufficient",
    ExitCode.BUDGET: "write budget spent or throttled past the wait allowed",
    ExitCode.UNREACHABLE: "platform unreachable, or `--offline` and not in the cache",
    ExitCode.INPUT: "input rejected: rows, file, query",
    ExitCode.INTERRUPTED: "interrupted, state saved",
}
"""Each code in words; the README and the manual page say the same."""

_BY_CODE: Final[dict[str, ExitCode]] = {
    "failed": ExitCode.FAILED,
    "usage": ExitCode.USAGE,
    "config": ExitCode.USAGE,
    "refused": ExitCode.REFUSED,
    "outcome_unknown": ExitCode.UNKNOWN,
    "sign_in": ExitCode.SIGN_IN,
    "write_budget_spent": ExitCode.BUDGET,
    "throttled": ExitCode.BUDGET,
    "unreachable": ExitCode.UNREACHABLE,
    "not_cached": ExitCode.UNREACHABLE,
    "input_rejected": ExitCode.INPUT,
    "platform_refused": ExitCode.FAILED,
    "not_found": ExitCode.FAILED,
    "route_missing": ExitCode.FAILED,
    "conflict": ExitCode.REFUSED,
    "precondition_required": ExitCode.FAILED,
    "unreadable_answer": ExitCode.FAILED,
    "storage": ExitCode.FAILED,
}


def exit_code(problem: RepointError) -> ExitCode:
    """The exit code of a failure; a write that may have taken effect is UNKNOWN whatever its error.

    An error that is a kind of another, with a code of its own (a locked store, say), ends as that one does.
    """
    if problem.applied == "unknown":
        return ExitCode.UNKNOWN
    codes = (getattr(kind, "code", "") for kind in type(problem).__mro__)
    return next(_BY_CODE[code] for code in codes if code in _BY_CODE)


_SUCCESS: Final = frozenset({"APPLIED", "NOOP"})

_BY_OUTCOME: Final[dict[str, ExitCode]] = {
    "APPLIED": ExitCode.DONE,
    "NOOP": ExitCode.DONE,
    "STALE": ExitCode.REFUSED,
    "REJECTED": ExitCode.FAILED,
    "FAILED": ExitCode.FAILED,
    "UNKNOWN": ExitCode.UNKNOWN,
    "SKIPPED": ExitCode.REFUSED,
    "CANCELLED": ExitCode.REFUSED,
}


def exit_code_of_outcome(outcome: Outcome) -> ExitCode:
    """The exit code of a single write, by what became of it."""
    return _BY_OUTCOME[outcome.value]


def exit_code_of_outcomes(counts: Mapping[Outcome, int]) -> ExitCode:
    """The exit code of a run: UNKNOWN before PARTLY before DONE."""
    left = {outcome.value for outcome, count in counts.items() if count} - _SUCCESS
    if "UNKNOWN" in left:
        return ExitCode.UNKNOWN
    return ExitCode.PARTLY if left else ExitCode.DONE
