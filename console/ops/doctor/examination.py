"""`doctor`: everything between the operator and a rollback, looked at one by one.

It only reads, and only what costs nothing. Repairs are asked for by name (`--repair`, `--renew-journal`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from console.domain.errors import ConfigProblem, Refused, RepointError, Unreachable
from console.domain.redaction import redact
from console.domain.words import counted
from console.ops.access.tokens import TokenSource, token_source
from console.ops.clock import Clock, SystemClock
from console.ops.doctor import account as doctor_account
from console.ops.doctor import files as doctor_files
from console.ops.doctor import line as doctor_line
from console.ops.doctor.terminal import Terminal, terminal_findings
from console.ops.doctor.values import Finding, Grade, fail, healthy, ok, skipped, warn, worded
from console.ops.profiles.places import Places, places
from console.ops.profiles.profile import Profile, load_profile

Tell = Callable[[Finding], None]


@dataclass(slots=True)
class Examination:
    """One run of the doctor.

    Attributes:
        tell: told each finding as it comes.
        findings: all of them so far.
        profile: None when it cannot be used; then only this machine is looked at.
        repaired: what was repaired, a sentence each.
    """

    environ: Mapping[str, str]
    terminal: Terminal
    offline: bool = False
    tell: Tell = lambda _found: None
    clock: Clock = field(default_factory=SystemClock)
    findings: list[Finding] = field(default_factory=list)
    profile: Profile | None = None
    repaired: list[str] = field(default_factory=list)
    _source: TokenSource | None = None

    async def run(self, name: str | None, handle: str | None, *, repair: bool = False) -> None:
        """Look at everything. Never raises for what is found."""
        where = self._places()
        self._profile(name, handle)
        if self.profile is not None:
            await self._platform(self.profile)
        self._add(*terminal_findings(self.terminal, self.environ))
        if where is not None:
            self._add(*doctor_files.permission_findings(where))
            self._cache(where, repair=repair)
            self._add(*doctor_files.journal_findings(where.journal_path()))

    async def renew_journal(self) -> None:
        """Begin a new journal in place of the lost one that `run` has found.

        Raises:
            Refused: the journal is not lost, or there is nothing to read the links with.
            RepointError: a link that the lost journal may concern cannot be read. Nothing was changed.
        """
        if not doctor_files.lost(self.findings):
            raise Refused(
                "The journal is not lost: there is nothing to renew",
                reason="journal_whole",
                detail="Nothing was changed.",
            )
        if self.profile is None or self._source is None:
            raise Unreachable(
                "The links that the lost journal may concern cannot be read",
                detail="Nothing was changed: a new journal begins only after reading them.",
                hint="Online, with a profile and a token: repoint doctor --renew-journal",
            )
        from console.api.client import HttpPlatform
        from console.ops.connect import connection_settings
        from console.ops.doctor.journal import renew

        where = places(self.environ)
        files = (where.cache_path(self.profile.target().key), where.journal_path())
        platform = HttpPlatform(connection_settings(self.profile), self._source, self.clock)
        try:
            done = await renew(self.profile, platform, self.clock, files)
        finally:
            await platform.close()
        kept = f"the old one is kept as {done.kept.name}" if done.kept else "the old one was missing"
        self.repaired.append(f"A new journal was begun; {kept}. {counted(done.read, 'link')} read before.")
        self.repaired += done.moved
        if done.blind:
            self.repaired.append("The cache could not say which links a lost write may concern.")
        self._again(*doctor_files.journal_findings(where.journal_path()))

    def _places(self) -> Places | None:
        try:
            return places(self.environ)
        except ConfigProblem as problem:
            self._add(fail("home", worded(problem.title, problem.detail), problem.hint))
            return None

    def _profile(self, name: str | None, handle: str | None) -> None:
        try:
            profile = load_profile(name, flags={"handle": handle}, environ=self.environ)
        except ConfigProblem as problem:
            self._add(fail("profile", worded(problem.title, problem.detail), problem.hint))
            return
        self.profile = profile
        where = "protected, read-only until armed" if profile.protected else "may write"
        self._add(ok("profile", f"{profile.name}: {profile.handle} on {profile.environment}, {where}."))
        base = profile.settings["base_url"].source
        self._add(ok("base_url", f"{profile.base_url} ({base})."))
        for notice in profile.notices:
            self._add(warn("settings", f"{notice.rstrip('.')}.", "repoint config show"))

    async def _platform(self, profile: Profile) -> None:
        if self.offline:
            why = "Left out: --offline."
            self._add(skipped("dns", why), skipped("tls", why), skipped("token", why))
            self._add(*doctor_account.unasked(why))
            return
        line = await doctor_line.line_findings(profile)
        self._add(*line)
        self._source = token_source(profile, environ=self.environ)
        token, usable = await doctor_account.token_findings(profile, self._source, self.clock.now())
        self._add(*token)
        if not usable:
            self._source = None
        if self._source is None or not healthy(line):
            why = "The platform is not reached." if usable else "There is no token to ask with."
            self._add(*doctor_account.unasked(why))
            return
        from console.ops.connect import connection_settings

        account = doctor_account.Account(
            profile, connection_settings(profile, patient=False), self._source, self.clock
        )
        self._add(*await account.examine())

    def _cache(self, where: Places, *, repair: bool) -> None:
        if self.profile is None:
            self._add(skipped("cache", "Without a profile it is not known which cache is meant."))
            return
        path = where.cache_path(self.profile.target().key)
        found = doctor_files.cache_finding(path)
        if repair and found.remedy == doctor_files.REPAIR:
            found = self._mended(path)
        self._add(found)
        if found.grade is not Grade.FAIL:
            self._add(*doctor_files.unread_findings(path))

    def _mended(self, path: Path) -> Finding:
        try:
            self.repaired.append(doctor_files.repair_cache(path))
        except RepointError as problem:
            return fail("cache", worded(problem.title, problem.detail), problem.hint)
        return doctor_files.cache_finding(path)

    def _again(self, *found: Finding) -> None:
        """Findings in place of earlier ones of their names."""
        names = {f.name for f in found}
        self.findings = [f for f in self.findings if f.name not in names]
        self._add(*found)

    def _add(self, *found: Finding) -> None:
        for one in found:
            # A platform may repeat the token in what it says of it.
            shown = replace(one, sentence=redact(one.sentence), remedy=redact(one.remedy))
            self.findings.append(shown)
            self.tell(shown)
