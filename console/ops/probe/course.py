"""The course of one destination: which exchange comes next, when to try again, what the verdict is.

No input or output: outcomes go in, and a request, a pause or the finding comes out.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from console.domain.health import Phase, Verdict, verdict_of_status
from console.domain.moments import utc
from console.ops.probe.addresses import OffLimits, hop, without_credentials
from console.ops.probe.pages import soft_404, wall
from console.ops.probe.values import Answer, Failure, Fault, Method, Probed, ProbeSettings, Request

VERDICTS: Final = {
    Fault.OFF_LIMITS: Verdict.NOT_CHECKED,
    Fault.NO_SUCH_NAME: Verdict.DEAD,
    Fault.NAME_UNANSWERED: Verdict.UNKNOWN,
    Fault.TIMEOUT: Verdict.TIMEOUT,
    Fault.REFUSED: Verdict.REFUSED,
    Fault.UNREACHABLE: Verdict.UNKNOWN,
    Fault.TLS: Verdict.TLS_BAD,
    Fault.TLS_BROKEN_OFF: Verdict.TLS_BAD,
    Fault.BROKEN_OFF: Verdict.SERVER_ERROR,
    Fault.CUT: Verdict.SERVER_ERROR,
    Fault.NOT_HTTP: Verdict.SERVER_ERROR,
    Fault.UNREADABLE: Verdict.UNKNOWN,
    Fault.WALLED: Verdict.BLOCKED,
}
_PASSING: Final = {
    Fault.NAME_UNANSWERED,
    Fault.TIMEOUT,
    Fault.REFUSED,
    Fault.UNREACHABLE,
    Fault.TLS_BROKEN_OFF,
    Fault.BROKEN_OFF,
    Fault.CUT,
}
_REDIRECTS: Final = {301, 302, 303, 307, 308}
_PASSING_STATUSES: Final = {408, 425, 429, 500, 502, 503, 504}
_ENOUGH_TIMEOUTS: Final = 2
_MOST_PAUSE: Final = 8.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Ask again after so many seconds. `of_host`: the whole host asked for it."""

    seconds: float
    of_host: bool = False


class Course:
    """One destination on its way to a verdict.

    Raises:
        OffLimits: the destination is nothing that a probe may ask for.
    """

    def __init__(self, url: str, settings: ProbeSettings) -> None:
        self.urls = [url]
        self.first = hop(url)
        self._settings = settings
        self._spent = 0.0
        self._tries = 0
        self._timeouts = 0
        self._tls_expires: float | None = None
        self._begin()

    def _begin(self) -> None:
        self._tries += 1
        self._try_spent = 0.0
        self._hop = self.first
        self._chain = [self.first.href]
        self._method: Method = self._settings.method
        self._ranged = False
        self._refused_get: Answer | None = None
        self._cookies = False

    @property
    def host(self) -> str:
        """Whose turn it is to answer."""
        return self._hop.host

    @property
    def request(self) -> Request:
        """The exchange to make now."""
        left = min(
            self._settings.timeout_seconds - self._try_spent, self._settings.total_seconds - self._spent
        )
        return Request(self._method, self._hop, max(left, 0.001), self._ranged)

    def take(
        self, outcome: Answer | Failure, now: datetime, *, patient: bool = True
    ) -> Probed | Pause | None:
        """Go on from an outcome: the finding, a pause before another try, or None to ask `request` at once.

        Args:
            outcome: of the exchange that `request` named.
            now: UTC.
            patient: whether another try is worth its time at this host.
        """
        self._spent += outcome.seconds
        self._try_spent += outcome.seconds
        if isinstance(outcome, Failure):
            return self._failed(outcome, now, patient=patient)
        if outcome.tls_expires is not None:
            self._tls_expires = min(outcome.tls_expires, self._tls_expires or outcome.tls_expires)
        if outcome.status in _REDIRECTS and "Location" in outcome.headers:
            return self._moved(outcome, now)
        if self._other_method(outcome.status, outcome):
            return None
        if outcome.status in _PASSING_STATUSES and patient:
            pause = self._pause_for(outcome, now)
            if pause is not None:
                return pause
        return self._read(outcome, now)

    def not_asked(self, verdict: Verdict, why: str, now: datetime, phase: Phase | None = None) -> Probed:
        """The finding for a destination whose host has been given up."""
        made = self._tries - 1 if len(self._chain) == 1 else self._tries
        return self._probed(verdict, now, why, phase=phase, tries=made)

    def _failed(self, failure: Failure, now: datetime, *, patient: bool) -> Probed | Pause | None:
        if failure.fault is Fault.TIMEOUT:
            self._timeouts += 1
        elif self._method == "HEAD" and failure.fault in {Fault.BROKEN_OFF, Fault.UNREADABLE, Fault.CUT}:
            if self._refused_get is not None:
                return self._read(self._refused_get, now)
            self._ask_by("GET")
            return None
        if failure.fault in _PASSING and patient and self._timeouts < _ENOUGH_TIMEOUTS:
            pause = self._again(self._backoff())
            if pause is not None:
                return pause
        refused = failure.fault is Fault.OFF_LIMITS
        detail = failure.detail or f"no answer within {self._try_spent:.1f} s"
        return self._probed(
            VERDICTS[failure.fault],
            now,
            detail if len(self._chain) == 1 else f"{detail} at {self._hop.href}",
            phase=None if refused else failure.phase,
            tries=self._tries - 1 if refused and len(self._chain) == 1 else self._tries,
            status=failure.status,
            first_byte=failure.first_byte,
        )

    def _moved(self, answer: Answer, now: datetime) -> Probed | None:
        self._cookies = self._cookies or "Set-Cookie" in answer.headers
        location = answer.headers["Location"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        try:
            to = self._hop.moved(location)
            self._settings.scope.check_hop(to)
        except OffLimits as refusal:
            where = without_credentials(location)[:200] or "elsewhere"
            words = f"redirects to {where}: {refusal}; not followed"
            return self._probed(Verdict.NOT_CHECKED, now, words, answer=answer)
        seen = to.href in self._chain
        if seen or len(self._chain) > self._settings.max_redirects:
            words = f"redirects back to {to.href}" if seen else f"more than {len(self._chain) - 1} redirects"
            self._chain.append(to.href)
            if self._cookies:
                # A browser keeps the cookie and may get out of it: alive, but not for us.
                words = f"{words}; it sets cookies, which checks never keep"
                return self._probed(Verdict.BLOCKED, now, words, answer=answer)
            return self._probed(Verdict.LOOP, now, words, answer=answer)
        self._chain.append(to.href)
        self._hop = to
        self._refused_get = None
        return None

    def _other_method(self, status: int, answer: Answer) -> bool:
        if self._method == "HEAD" and self._refused_get is None and status >= 400:
            self._ask_by("GET")
            return True
        if self._method == "GET" and self._ranged and status == 416:
            self._ranged = False
            return True
        if (
            self._method == "GET"
            and status in {405, 501}
            and self._settings.method == "GET"
            and not wall(answer)
        ):
            self._refused_get = answer
            self._ask_by("HEAD")
            return True
        return False

    def _ask_by(self, method: Method) -> None:
        self._method = method
        self._ranged = method == "GET"

    def _pause_for(self, answer: Answer, now: datetime) -> Pause | None:
        asked = pause_asked(answer.headers.get("Retry-After"), now)
        if asked is None:
            # Once more is enough to tell a hiccup from an outage.
            return self._again(self._backoff(), of_host=answer.status == 429) if self._tries < 2 else None
        if asked > self._settings.retry_after_cap:
            return None
        return self._again(max(asked, self._backoff()), of_host=True)

    def _again(self, seconds: float, *, of_host: bool = False) -> Pause | None:
        left = self._settings.total_seconds - self._spent - seconds
        if self._tries > self._settings.retries or left < self._settings.timeout_seconds / 2:
            return None
        self._spent += seconds
        self._begin()
        return Pause(seconds, of_host)

    def _backoff(self) -> float:
        doubled = self._settings.backoff_seconds * 2.0 ** (self._tries - 1)
        return float(min(doubled, _MOST_PAUSE) * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load

    def _read(self, answer: Answer, now: datetime) -> Probed:
        if self._refused_get is not None:
            if answer.status >= 400:
                answer = self._refused_get
            else:
                words = f"answers HEAD only (GET: {self._refused_get.status})"
                return self._probed(Verdict.OK, now, words, answer=answer)
        verdict = verdict_of_status(answer.status)
        barrier = wall(answer) if answer.status not in {404, 410} else ""
        if verdict is Verdict.OK and not barrier:
            return self._read_page(answer, now)
        evidence = [f"HTTP {answer.status}"]
        if barrier:
            verdict = Verdict.BLOCKED
            evidence.append(barrier)
        if answer.headers.get("Retry-After"):
            evidence.append(f"Retry-After: {answer.headers['Retry-After'][:40]}")
        if answer.status in _REDIRECTS:
            evidence.append("no Location")
        return self._probed(verdict, now, "; ".join(evidence), answer=answer)

    def _read_page(self, answer: Answer, now: datetime) -> Probed:
        evidence = soft_404(answer, self.first, self._hop)
        if evidence:
            return self._probed(Verdict.SOFT_404, now, evidence, answer=answer)
        if self._try_spent >= self._settings.slow_seconds or self._timeouts:
            hops = f" over {len(self._chain)} hops" if len(self._chain) > 1 else ""
            return self._probed(Verdict.SLOW, now, f"took {self._try_spent:.1f} s{hops}", answer=answer)
        if self._tls_expires is not None:
            left = self._tls_expires - now.timestamp()
            if left < self._settings.tls_expiring_days * 86400:
                words = f"the certificate ends in {max(left, 0) / 86400:.1f} days"
                return self._probed(Verdict.TLS_EXPIRING, now, words, answer=answer)
        moved = len(self._chain) > 1
        return self._probed(Verdict.OK_REDIRECTED if moved else Verdict.OK, now, "", answer=answer)

    def _probed(
        self,
        verdict: Verdict,
        now: datetime,
        detail: str,
        *,
        answer: Answer | None = None,
        phase: Phase | None = None,
        status: int | None = None,
        first_byte: float | None = None,
        tries: int | None = None,
    ) -> Probed:
        if answer is not None:
            status, first_byte = answer.status, answer.first_byte
        made = self._tries if tries is None else tries
        if self._timeouts:
            counted = f"{self._timeouts} of {made} {'try' if made == 1 else 'tries'} timed out"
            at = f" ({phase.value})" if phase is not None and verdict is Verdict.TIMEOUT else ""
            detail = f"{counted}{at}; {detail}" if detail else f"{counted}{at}"
        ends = self._tls_expires
        return Probed(
            url=self.urls[0],
            verdict=verdict,
            checked_at=now,
            phase=phase,
            status_code=status,
            latency_ms=None if first_byte is None else round(first_byte * 1000, 1),
            final_url=self._hop.href if made else None,
            chain=tuple(self._chain) if made else (),
            tls_expires_at=None if ends is None else datetime.fromtimestamp(ends, UTC),
            detail=detail,
            tries=made,
            timeouts=self._timeouts,
        )


def unaskable(url: str, refusal: OffLimits, now: datetime) -> Probed:
    """The finding for a destination that no probe may ask for."""
    return Probed(url=url, verdict=Verdict.NOT_CHECKED, checked_at=now, detail=str(refusal))


def for_each_spelling(course: Course, found: Probed) -> list[Probed]:
    """The finding under every spelling in which the destination was given."""
    return [found if url == found.url else replace(found, url=url) for url in course.urls]


def pause_asked(text: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for (RFC 9110, 10.2.3: a number or a date); None when unreadable."""
    if text is None:
        return None
    words = text.strip()
    if words.isascii() and words.isdigit():
        return float(words[:9])
    from email.utils import parsedate_to_datetime

    try:
        at = parsedate_to_datetime(words)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (utc(at) - now) / timedelta(seconds=1))
