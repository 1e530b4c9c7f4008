"""The words of the prober: its settings, what it asks, what comes back, what it reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, Literal

from console.domain.health import Phase, Verdict
from console.ops.probe.addresses import BAD_PORTS, Hop, Scope

Method = Literal["GET", "HEAD"]

USER_AGENT: Final = "Mozilla/5.0 (compatible; repoint link check)"


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """How the prober asks. All times are in seconds.

    Attributes:
        timeout_seconds: for one try, redirects and body included.
        total_seconds: for one URL over all its tries and pauses; waiting for a turn does not count.
        slow_seconds: a page that takes longer is SLOW.
        concurrency: requests in flight over all hosts.
        per_host: requests in flight to one host.
        per_host_rate: requests started a second at one host; strain lowers it.
        retries: tries after the first one.
        backoff_seconds: pause before the second try, doubled before each further one, with jitter.
        retry_after_cap: a longer `Retry-After` is not waited for.
        give_up_after: time-outs or 429s in a row after which the rest of a host is not asked; 0 is never.
        body_cap: bytes of a page that are read.
        method: GET sees soft 404s; HEAD is cheaper and falls back to a ranged GET.
        tls_expiring_days: a certificate that ends sooner is TLS_EXPIRING.
        private_origins: see `Scope`.
        ca_file: further authorities (PEM) to trust beside the system's.
    """

    timeout_seconds: float = 10.0
    total_seconds: float = 30.0
    slow_seconds: float = 3.0
    concurrency: int = 200
    per_host: int = 4
    per_host_rate: float = 50.0
    retries: int = 2
    backoff_seconds: float = 0.5
    retry_after_cap: float = 10.0
    give_up_after: int = 8
    max_redirects: int = 10
    body_cap: int = 64 * 1024
    method: Method = "GET"
    tls_expiring_days: float = 14.0
    allow_private: bool = False
    private_origins: tuple[str, ...] = ()
    blocked_ports: frozenset[int] = BAD_PORTS
    ca_file: str | None = None
    user_agent: str = USER_AGENT

    @property
    def scope(self) -> Scope:
        """What these settings let a probe reach."""
        return Scope(self.allow_private, self.private_origins, self.blocked_ports)


@dataclass(frozen=True, slots=True)
class Probed:
    """What one look at one destination found.

    Attributes:
        url: as it was given.
        latency_ms: to the first byte of the last answer; connection set-up included.
        final_url: where redirects ended; None when nothing was asked.
        chain: every URL that was asked, the first included; without credentials.
        tls_expires_at: the earliest end among the certificates that were met.
        detail: evidence in words; untrusted.
        tries: how often the destination was asked; 0 when it was not.
        timeouts: how many of the tries timed out.
        checked_at: UTC; when the look ended.
    """

    url: str
    verdict: Verdict
    checked_at: datetime
    phase: Phase | None = None
    status_code: int | None = None
    latency_ms: float | None = None
    final_url: str | None = None
    chain: tuple[str, ...] = ()
    tls_expires_at: datetime | None = None
    detail: str = ""
    tries: int = 0
    timeouts: int = 0


@dataclass(frozen=True, slots=True)
class Stats:
    """How far a sweep is.

    Attributes:
        rate: destinations finished a second, pauses left out.
        active: requests in flight.
        seconds_left: at this rate; None while it cannot be told.
    """

    done: int = 0
    total: int = 0
    rate: float = 0.0
    active: int = 0
    seconds_left: float | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One exchange to make; `seconds` is what is left for it."""

    method: Method
    hop: Hop
    seconds: float
    ranged: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer.

    Attributes:
        headers: names compare without case.
        body: at most the cap, as it came (not decompressed).
        first_byte: seconds from the start to the end of its header.
        seconds: for the whole exchange.
        tls_expires: unix time at which the certificate ends; None without TLS.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    first_byte: float
    seconds: float
    tls_expires: float | None = None


class Fault(Enum):
    """Ways in which an exchange ends without an answer."""

    OFF_LIMITS = "off limits"
    NO_SUCH_NAME = "no such name"
    NAME_UNANSWERED = "name not answered"
    TIMEOUT = "timed out"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TLS = "bad TLS"
    TLS_BROKEN_OFF = "TLS broken off"
    BROKEN_OFF = "broken off"
    CUT = "cut short"
    NOT_HTTP = "not HTTP"
    UNREADABLE = "unreadable"
    WALLED = "client certificate asked for"


@dataclass(frozen=True, slots=True)
class Failure:
    """An exchange without a whole answer. `status` and `first_byte` are known when its header came."""

    fault: Fault
    phase: Phase
    detail: str
    seconds: float
    status: int | None = None
    first_byte: float | None = None
