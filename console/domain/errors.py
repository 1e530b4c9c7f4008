"""Every failure the product can name, each with a title, a detail, a hint and one exit code.

    RepointError
    ├── UsageProblem          2  wrong words on the command line
    ├── ConfigProblem         2  a profile or setting that cannot be used
    ├── Refused               3  a guard said no; nothing was sent
    ├── OutcomeUnknown        5  a write left and its fate is not known
    ├── SignInNeeded          6  no token, expired, role, scope or plan insufficient
    ├── BudgetSpent           7  the day's writes are gone
    ├── Throttled             7  the platform asks for more patience than allowed
    ├── Unreachable           8  no answer from the platform
    ├── NotCached             8  offline, and never fetched
    ├── InputRejected         9  rows, files, queries
    ├── PlatformRefused       1  a 4xx that none of the above names
    ├── NotFound              1  no such link (or the platform hides it)
    ├── Conflict              3  409/412: the link is not in the state we expected
    ├── PreconditionRequired  1  428: the platform demands something we do not know
    ├── UnreadableAnswer      1  an answer of a shape nobody expected
    └── StorageProblem        1  the cache or the journal cannot be used

The numbers themselves stand in one place, `console.exits`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from console.domain.budget import Meter

Effect = Literal["no", "unknown"]


class RepointError(Exception):
    """A failure told to an operator: what happened, what it means, what to do next.

    Attributes:
        title: one clear sentence.
        detail: what it means for the links; may be empty.
        hint: what to do next; may be empty.
        request_id: the platform's id of the request, where one was given.
        applied: for a write, whether it may have taken effect: "no" or "unknown".
    """

    code: ClassVar[str] = "failed"

    def __init__(
        self,
        title: str,
        *,
        detail: str = "",
        hint: str = "",
        request_id: str | None = None,
        applied: Effect = "no",
    ) -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.hint = hint
        self.request_id = request_id
        self.applied: Effect = applied


class UsageProblem(RepointError):
    """Wrong words on the command line."""

    code = "usage"


class ConfigProblem(RepointError):
    """A profile or a setting that cannot be used."""

    code = "config"


class Refused(RepointError):
    """A guard said no. Nothing was sent. `reason` is the guard's own code."""

    code = "refused"

    def __init__(self, title: str, *, reason: str, detail: str = "", hint: str = "") -> None:
        super().__init__(title, detail=detail, hint=hint)
        self.reason = reason


class OutcomeUnknown(RepointError):
    """A write left this machine and its fate is not known."""

    code = "outcome_unknown"


class SignInNeeded(RepointError):
    """No token, an expired one, or a role, scope or plan that does not suffice.

    Attributes:
        status: 401 or 403 where the platform said so; None where no request left.
        platform_code: its own word: `token_expired`, `insufficient_role`, ...
    """

    code = "sign_in"

    def __init__(
        self,
        title: str,
        *,
        detail: str = "",
        hint: str = "",
        request_id: str | None = None,
        status: int | None = None,
        platform_code: str = "",
    ) -> None:
        super().__init__(title, detail=detail, hint=hint, request_id=request_id)
        self.status = status
        self.platform_code = platform_code


class BudgetSpent(RepointError):
    """The day's writes are gone; waiting seconds does not help.

    `meter` is what the refusal told of them, `retry_after` the seconds after which it asks to come back.
    """

    code = "write_budget_spent"

    def __init__(
        self,
        title: str,
        *,
        meter: Meter | None = None,
        retry_after: float | None = None,
        detail: str = "",
        hint: str = "",
        request_id: str | None = None,
    ) -> None:
        super().__init__(title, detail=detail, hint=hint, request_id=request_id)
        self.meter = meter
        self.retry_after = retry_after


class Throttled(RepointError):
    """The platform asks for a pause. `retry_after` is in seconds, None when it did not say."""

    code = "throttled"

    def __init__(
        self,
        title: str,
        *,
        retry_after: float | None = None,
        detail: str = "",
        hint: str = "",
        request_id: str | None = None,
    ) -> None:
        super().__init__(title, detail=detail, hint=hint, request_id=request_id)
        self.retry_after = retry_after


class Unreachable(RepointError):
    """No answer. `phase` is dns, connect, tls, send, first byte, body or deadline.

    `status` is set when a gateway answered in the platform's place (502, 503, 504).
    """

    code = "unreachable"

    def __init__(
        self,
        title: str,
        *,
        phase: str = "connect",
        detail: str = "",
        hint: str = "",
        request_id: str | None = None,
        applied: Effect = "no",
        status: int | None = None,
    ) -> None:
        super().__init__(title, detail=detail, hint=hint, request_id=request_id, applied=applied)
        self.phase = phase
        self.status = status


class NotCached(RepointError):
    """Offline, and the thing asked for was never fetched."""

    code = "not_cached"


class InputRejected(RepointError):
    """Rows, a file or a query that cannot be taken as they are."""

    code = "input_rejected"


class PlatformRefused(RepointError):
    """The platform said no. `status` is the HTTP status, `platform_code` its own word for it."""

    code = "platform_refused"

    def __init__(
        self,
        title: str,
        *,
        status: int,
        platform_code: str = "",
        detail: str = "",
        hint: str = "",
        request_id: str | None = None,
        applied: Effect = "no",
    ) -> None:
        super().__init__(title, detail=detail, hint=hint, request_id=request_id, applied=applied)
        self.status = status
        self.platform_code = platform_code


class NotFound(PlatformRefused):
    """404 on a link or a handle."""

    code = "not_found"


class RouteMissing(PlatformRefused):
    """404 or 405 that speaks of the route, not of the link."""

    code = "route_missing"


class Conflict(PlatformRefused):
    """409 or 412: the platform compared our expected version, and it is another one."""

    code = "conflict"


class PreconditionRequired(PlatformRefused):
    """428: the platform demands a precondition that we do not know. Everything stops."""

    code = "precondition_required"


class UnreadableAnswer(RepointError):
    """An answer of a shape nobody expected: not JSON, not ours, cut, or a version we cannot trust."""

    code = "unreadable_answer"


class StorageProblem(RepointError):
    """The cache or the journal cannot be used."""

    code = "storage"
