"""Every failure and every outcome has an exit code, in one place."""

from __future__ import annotations

import pytest

import cache.problems
import cache.writes
from console.domain import errors
from console.domain.errors import PlatformRefused, RepointError, Unreachable
from console.domain.outcomes import Outcome
from console.exits import ExitCode, exit_code, exit_code_of_outcome, exit_code_of_outcomes

DOCUMENTED = {
    errors.RepointError: 1,
    errors.UsageProblem: 2,
    errors.ConfigProblem: 2,
    errors.Refused: 3,
    errors.OutcomeUnknown: 5,
    errors.SignInNeeded: 6,
    errors.BudgetSpent: 7,
    errors.Throttled: 7,
    errors.Unreachable: 8,
    errors.NotCached: 8,
    errors.InputRejected: 9,
    errors.PlatformRefused: 1,
    errors.NotFound: 1,
    errors.RouteMissing: 1,
    errors.Conflict: 3,
    errors.PreconditionRequired: 1,
    errors.UnreadableAnswer: 1,
    errors.StorageProblem: 1,
}


def every_error() -> list[type[RepointError]]:
    found, todo = [], [RepointError]
    while todo:
        kind = todo.pop()
        found.append(kind)
        todo += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == errors.__name__]


def made(kind: type[RepointError]) -> RepointError:
    if issubclass(kind, PlatformRefused):
        return kind("said", status=400)
    return kind("said", reason="guard") if kind is errors.Refused else kind("said")


def test_every_error_is_mapped_and_documented() -> None:
    assert set(every_error()) == set(DOCUMENTED)
    assert len({kind.code for kind in DOCUMENTED}) == len(DOCUMENTED)


@pytest.mark.parametrize("kind", DOCUMENTED, ids=lambda kind: kind.__name__)
def test_code_of_each_error(kind: type[RepointError]) -> None:
    assert exit_code(made(kind)) == DOCUMENTED[kind]


def test_a_write_that_may_have_taken_effect_is_unknown_whatever_failed() -> None:
    assert exit_code(Unreachable("lost", applied="unknown")) == ExitCode.UNKNOWN
    assert exit_code(PlatformRefused("502", status=502, applied="unknown")) == 5


@pytest.mark.parametrize("outcome", Outcome)
def test_every_single_outcome_has_a_code(outcome: Outcome) -> None:
    code = exit_code_of_outcome(outcome)
    assert (code == 0) == (outcome in {Outcome.APPLIED, Outcome.NOOP})
    assert exit_code_of_outcome(Outcome.STALE) == 3
    assert exit_code_of_outcome(Outcome.UNKNOWN) == 5


def test_a_run_is_unknown_before_it_is_partly_done() -> None:
    assert exit_code_of_outcomes({Outcome.APPLIED: 3, Outcome.NOOP: 1, Outcome.FAILED: 0}) == 0
    assert exit_code_of_outcomes({Outcome.APPLIED: 3, Outcome.STALE: 1}) == 4
    assert exit_code_of_outcomes({Outcome.APPLIED: 3, Outcome.STALE: 1, Outcome.UNKNOWN: 1}) == 5
    assert exit_code_of_outcomes({}) == 0


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (cache.problems.Damaged, ExitCode.FAILED),
        (cache.problems.Locked, ExitCode.FAILED),
        (cache.problems.ReadOnly, ExitCode.FAILED),
        (cache.problems.NewerSchema, ExitCode.FAILED),
        (cache.writes.LinkBusy, ExitCode.REFUSED),
    ],
)
def test_a_kind_of_a_failure_ends_as_that_failure(kind: type[RepointError], code: ExitCode) -> None:
    problem = kind.__new__(kind)
    problem.applied = "no"
    assert exit_code(problem) is code
