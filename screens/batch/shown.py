"""A run as its view shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from console.domain.batches import BatchPlan
from console.domain.outcomes import Outcome
from console.ops.batches import desk as core
from console.ops.batches.values import Progress, Report
from screens.present import batch as present


class Shown:
    """A run as its view shows it: first from the plan or the disk, then as it is told.

    Attributes:
        line: how it stands on the disk; None before it was begun.
        message: how it ended in this console, in sentences.
    """

    def __init__(self, plan: BatchPlan) -> None:
        self.plan = plan
        self.line: core.RunLine | None = None
        self.progress: Progress | None = None
        self.message = ""
        self.spent = 0
        self.outcomes = [Outcome.SKIPPED] * len(plan.items)
        self.details = [""] * len(plan.items)
        self.notes: tuple[str, ...] = ()
        self._number = {item.slug: at for at, item in enumerate(plan.items)}

    @property
    def run(self) -> str:
        """Its id."""
        return self.plan.plan_id

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """Items by outcome; they add up to the items."""
        return Counter(self.outcomes)

    @property
    def waiting(self) -> int:
        """Items that were not sent."""
        return self.counts.get(Outcome.SKIPPED, 0)

    def take(self, report: Report) -> None:
        """What the disk tells."""
        self.line, self.spent = core.line_of(report), report.writes_spent
        self.outcomes = [item.outcome for item in report.items]
        self.details = [
            " ".join(part for part in (item.detail, present.version_made(item.new_version)) if part)
            for item in report.items
        ]
        if report.message:
            # The core's hints name the command line; here it is a key.
            hint = "r goes on" if self.waiting else "" if "repoint " in report.hint else report.hint
            self.message = f"{report.message}. {hint}".rstrip(". ")
        self.notes = (*(f"changed meanwhile: {text}" for text in report.changed),
                      *(f"does not answer: {text}" for text in report.unwell))  # fmt: skip

    def heard(self, progress: Progress) -> None:
        """One step further."""
        self.progress, self.spent = progress, progress.writes_spent
        if progress.outcome is not None and progress.slug in self._number:
            self.outcomes[self._number[progress.slug]] = progress.outcome
