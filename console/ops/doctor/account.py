"""What `doctor` says of the token, the role, the writes left, and each route's answer.

Only GETs that cost nothing: no write is ever spent on looking.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from console.api import wire
from console.api.auth import Claims, TokenKind, claims_of
from console.api.calls import Calls
from console.api.client import HttpPlatform
from console.api.settings import ConnectionSettings, TokenSource
from console.domain.budget import Meter
from console.domain.errors import NotFound, RepointError, RouteMissing, SignInNeeded
from console.domain.links import Link
from console.domain.moments import Moment
from console.domain.target import Role, Secret
from console.domain.text import safe
from console.ops.access.signatures import Signature, signature_of
from console.ops.clock import Clock
from console.ops.doctor.line import clock_finding
from console.ops.doctor.values import Finding, Grade, fail, ok, skipped, warn, worded
from console.ops.profiles.profile import Profile

ENDS_SOON_SECONDS: Final = 300.0
ROUTES: Final = (
    "route_health", "route_me", "route_meter", "route_links", "route_export", "route_link",
    "route_history", "route_health_check",
)  # fmt: skip
"""The routes looked at, by the name of their finding, in this order."""


async def token_findings(profile: Profile, source: TokenSource, now: Moment) -> tuple[list[Finding], bool]:
    """Look at the token itself; nothing is sent. And whether it is one to ask the platform with.

    A token that has ended is: by whose clock it ended, the platform says.
    """
    try:
        secret = await source.get()
    except RepointError as problem:
        return [fail("token", worded(problem.title, problem.detail), problem.hint)], False
    if secret is None:
        return [fail("token", "There is no token for this profile.", "Sign in: `repoint login`")], False
    claims = claims_of(secret)
    signature = _signature(profile, secret, claims)
    usable = all(found.grade is not Grade.FAIL for found in signature)
    return [_life(claims, now), *_oddities(profile, claims, now), *signature], usable


def _life(claims: Claims, now: Moment) -> Finding:
    who = f"A {claims.kind.value.upper()} of {safe(claims.subject or claims.token_id or 'nobody named', 80)}"
    if claims.role is not Role.UNKNOWN:
        who += f", {claims.role.label}"
    left = claims.seconds_left(now)
    renew = "Get a new one, then sign in again: `repoint login`"
    if left is None:
        return ok("token", f"{who}; it does not say when it ends.")
    if left <= 0:
        return fail("token", f"{who}; it ended {_span(-left)} ago by this machine's clock.", renew)
    if left < ENDS_SOON_SECONDS:
        return warn("token", f"{who}; it ends in {_span(left)}.", renew)
    return ok("token", f"{who}; good for another {_span(left)}.")


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else (
        f"{seconds / 3600:.0f} h" if seconds < 172800 else f"{seconds / 86400:.0f} days")  # fmt: skip


def _oddities(profile: Profile, claims: Claims, now: Moment) -> list[Finding]:
    odd = list(claims.warnings)
    if claims.handle and claims.handle != profile.handle:
        odd.append(f"It was made for the handle {safe(claims.handle, 60)}, and the profile's is another.")
    if claims.not_before is not None and claims.not_before > now.wall:
        odd.append(f"It is not good before {claims.not_before.isoformat(timespec='seconds')}.")
    if not odd:
        return []
    return [warn("token_claims", " ".join(odd), "The platform decides what it may do; get a new one if not")]


def _signature(profile: Profile, secret: Secret, claims: Claims) -> list[Finding]:
    if claims.kind is TokenKind.PAT:
        return []
    checked = signature_of(secret, profile.jwt_key, profile.jwks_file)
    name = "token_signature"
    if checked.signature is Signature.BAD:
        return [fail(name, checked.sentence, checked.remedy)]
    if checked.signature is Signature.CANNOT:
        return [warn(name, checked.sentence, checked.remedy)]
    return [ok(name, checked.sentence)]


@dataclass(slots=True)
class Account:
    """The questions asked of the platform, one after the other, and what they brought.

    Attributes:
        findings: in the order of asking.
        slug: of a link that exists, once the list has shown one.
    """

    profile: Profile
    settings: ConnectionSettings
    source: TokenSource
    clock: Clock
    findings: list[Finding] = field(default_factory=list)
    slug: str = ""
    reached: bool = False

    async def examine(self) -> list[Finding]:
        """Ask everything; never raises for what the platform says."""
        calls = Calls(self.settings, self.source, self.clock, None, None)
        platform = HttpPlatform(self.settings, self.source, self.clock)
        try:
            await self._alive(calls)
            if not self.reached:
                return [*self.findings, *unasked("The platform does not answer.", but=("route_health",))]
            await self._who(platform)
            await self._meter(platform)
            await self._links(calls)
            await self._one_link(platform)
            await self._last_health(platform)
        finally:
            await platform.close()
            await calls.close()
        return self.findings

    async def _asked(self, name: str, ask: Callable[[], Awaitable[Finding]], missing: str = "") -> bool:
        """Ask one route. `missing`: what goes on without it, for a route that need not be there."""
        try:
            found = await ask()
        except (RouteMissing, NotFound) as problem:
            found = (
                warn(name, f"The platform has no such route. {missing}")
                if missing
                else fail(name, worded(problem.title, problem.detail), problem.hint)
            )
        except SignInNeeded as problem:
            say = warn if missing else fail
            found = say(name, worded(problem.title, problem.detail), problem.hint)
        except RepointError as problem:
            found = fail(name, worded(problem.title, problem.detail), problem.hint)
        self.findings.append(found)
        return found.grade in {"ok", "warn"}

    async def _alive(self, calls: Calls) -> None:
        async def ask() -> Finding:
            before = self.clock.now().wall
            answer = await calls.send_plain(wire.ALIVE)
            after = self.clock.now().wall
            self.reached = True
            self.findings.append(clock_finding(answer.headers.get("date", ""), before, after))
            wire.json_of(answer, wire.ALIVE.what)
            return ok("route_health", "The platform answers and says that it is up.")

        await self._asked("route_health", ask, "Nothing depends on it.")

    async def _who(self, platform: HttpPlatform) -> None:
        async def ask() -> Finding:
            found = await platform.whoami()
            self.findings.append(_role(found.role))
            plan = f", plan {safe(found.plan, 40)}" if found.plan else ""
            return ok("route_me", f"The platform knows us as {safe(found.operator, 80)}{plan}.")

        if not await self._asked("route_me", ask):
            self.findings.append(skipped("role", "Without an answer to who we are there is no role."))

    async def _meter(self, platform: HttpPlatform) -> None:
        async def ask() -> Finding:
            meter = await platform.meter()
            self.findings.append(_budget(meter, self.profile, platform.capabilities.charges_writes))
            if meter is None:
                raise RouteMissing("No meter", status=404)
            return ok("route_meter", "The day's writes are told as we assume.")

        without = "Writes left are not known; a spent day shows only when it is."
        await self._asked("route_meter", ask, without)
        if all(found.name != "budget" for found in self.findings):
            self.findings.append(skipped("budget", "Without the meter the writes left are not known."))

    async def _links(self, calls: Calls) -> None:
        async def listed() -> Finding:
            raw = await calls.read_json(lambda routes: routes.links(1), "the links")
            records, _ = wire.links_page(raw)
            if not records:
                return warn("route_links", "The handle has no links.", "Check handle in the profile")
            link = wire.link_from(records[0])
            self.slug = link.slug
            return _told("route_links", link)

        async def exported() -> Finding:
            from console.api.export import NoExport
            from console.api.export import exported as batches_of

            try:
                async with aclosing(batches_of(calls)) as batches:
                    async for batch in batches:
                        self.slug = self.slug or batch[0].slug
                        break
            except NoExport:
                return warn("route_export", "There is no export for us; the list is read page by page.")
            return ok("route_export", "The export streams links as we assume.")

        await self._asked("route_links", listed)
        await self._asked("route_export", exported, "The list is read page by page instead.")

    async def _one_link(self, platform: HttpPlatform) -> None:
        if not self.slug:
            why = "Without a link there is nothing to ask about."
            self.findings += [skipped("route_link", why), skipped("route_history", why)]
            return

        async def record() -> Finding:
            return _told("route_link", await platform.link(self.slug))

        async def history() -> Finding:
            timeline = await platform.history(self.slug, limit=5)
            return ok("route_history", f"A history reads as we assume ({len(timeline.versions)} versions).")

        await self._asked("route_link", record)
        await self._asked("route_history", history)

    async def _last_health(self, platform: HttpPlatform) -> None:
        async def ask() -> Finding:
            run = await platform.last_health()
            return ok("route_health_check", f"The last health check is told ({len(run.results):,} results).")

        without = "Health is looked at from this machine only."
        await self._asked("route_health_check", ask, without)


def _told(name: str, link: Link) -> Finding:
    if link.version is None:
        return warn(
            name, "Links come without a version; the history says which one is live.",
            "Nothing to do: each rollback reads the history first",
        )  # fmt: skip
    return ok(name, "Links are told as we assume, with their version.")


def _role(role: Role) -> Finding:
    if role is Role.UNKNOWN:
        return warn(
            "role",
            "The platform does not say which role we have.",
            "A rollback that needs a higher one is refused by the platform, and nothing is changed",
        )
    if role < Role.OPERATOR:
        return warn(
            "role",
            f"We are {role.label}: reading works; rollbacks and imports may need operator.",
            "Ask an owner of the handle for the role",
        )
    return ok("role", f"We are {role.label}: enough for rollbacks and imports.")


def _budget(meter: Meter | None, profile: Profile, charged: bool) -> Finding:
    if not charged:
        return ok("budget", "Writes with this token are not counted.")
    if meter is None or meter.left is None:
        return warn("budget", "The platform does not say how many writes are left today.")
    told = f"{meter.left:,} of {meter.limit:,} writes are left today"
    if meter.left == 0:
        return fail("budget", f"{told}: nothing can be sent.",
                    "Wait for midnight in the account's time zone, or ask for a larger plan")  # fmt: skip
    if meter.left <= meter.reserve(profile.reserve):
        return warn("budget", f"{told}, all of them kept for rollbacks.", "Leave imports for tomorrow")
    return ok("budget", f"{told}, {meter.reserve(profile.reserve):,} of them kept for rollbacks.")


def unasked(why: str, *, but: Sequence[str] = ()) -> list[Finding]:
    """The findings of `Account.examine` where the platform was not asked, `but` those."""
    return [skipped(name, why) for name in ("clock", "role", "budget", *ROUTES) if name not in but]
