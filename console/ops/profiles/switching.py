"""Going to another profile or handle while the program runs: where there is to go, and the way there.

Every switch opens a fresh target with a new epoch beside the old one, which stays as it is until the new
one has said who we are. Source: product.md, section 2 (target); hardening, cases 27 and 89.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from console.api.auth import clean_token
from console.domain.errors import (
    ConfigProblem,
    RouteMissing,
    SignInNeeded,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)
from console.domain.nearest import nearest
from console.domain.target import Secret, Target
from console.ops import meter
from console.ops.access.tokens import PromptToken, TokenSource, token_source
from console.ops.browse import Standing, standing
from console.ops.connect import connect
from console.ops.engine import Engine
from console.ops.profiles.keys import KEYS, TOKEN_KEYS, BadValue
from console.ops.profiles.profile import TOKEN_VARIABLE, Profile, load_config, load_profile
from console.ops.session import Session

if TYPE_CHECKING:
    from console.ops.profiles.file import ConfigFile

_WHERE: Final = ("base_url", "handle", "environment", *TOKEN_KEYS)
"""Settings that name one target: given in the environment, they mean the one that was started with."""


@dataclass(frozen=True, slots=True)
class Place:
    """A profile that can be gone to.

    Attributes:
        trouble: why it cannot; empty when it can.
        current: we are on it.
    """

    name: str
    target: Target
    protected: bool = False
    trouble: str = ""
    current: bool = False


class _Known:
    """A token that was typed before, in this process."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    async def get(self) -> Secret:
        return self._secret


class Switcher:
    """What a process needs to go from target to target and back.

    A token goes only where it belongs: typed ones are kept in memory by profile and origin, and what the
    environment says of target and token is for the profile that the program was started with.
    """

    def __init__(self, session: Session, environ: Mapping[str, str] | None = None) -> None:
        self.now = session.profile
        self._first = session.profile
        self._offline = session.offline
        self._environ = dict(os.environ if environ is None else environ)
        self._typed: dict[tuple[str, str], Secret] = {}

    @classmethod
    async def at(cls, session: Session) -> Switcher:
        """One that starts from a session, its typed token at hand."""
        made = cls(session)
        if isinstance(session.tokens, PromptToken):
            with suppress(SignInNeeded):  # none was typed: it is asked for where it is needed
                made._typed[_key(session.profile)] = await session.tokens.get()
        return made

    def places(self) -> list[Place]:
        """The profile we are on, then those of the settings file.

        Raises:
            ConfigProblem: the file cannot be read.
        """
        config = load_config(self._environ)
        names = [self.now.name, *config.profiles]
        if self._first.name not in names:
            names.insert(1, self._first.name)
        return [self._place(name, config) for name in dict.fromkeys(names)]

    def _place(self, name: str, config: ConfigFile) -> Place:
        try:
            profile = self.now if name == self.now.name else self.profile(name, config)
        except ConfigProblem as problem:
            return Place(name, Target(name, "", "", ""), trouble=problem.title)
        current = name == self.now.name
        return Place(name, profile.target(), protected=profile.protected, current=current)

    def profile(self, name: str, config: ConfigFile | None = None) -> Profile:
        """A profile as the file says; the one that was started with as it was then.

        Raises:
            ConfigProblem: there is none of that name, or a value of it cannot be used.
        """
        if name == self._first.name:
            return self._first
        file = load_config(self._environ) if config is None else config
        others = {KEYS[key].variable for key in _WHERE}
        env = {key: value for key, value in self._environ.items() if key not in others}
        without = {key: value for key, value in env.items() if key != TOKEN_VARIABLE}
        found = load_profile(name, environ=without, config=file)
        same = found.base_url == self._first.base_url and TOKEN_VARIABLE in env
        return load_profile(name, environ=env, config=file) if same else found

    def handle(self, name: str, known: tuple[str, ...] = ()) -> Profile:
        """The profile we are on, for another handle.

        Args:
            name: the handle.
            known: those that the platform says we work on; a name that is none of them is refused.

        Raises:
            ConfigProblem: it is no handle, or not one of ours.
        """
        try:
            wanted = str(KEYS["handle"].read(name))
        except BadValue as problem:
            raise ConfigProblem(f"The handle {problem}") from None
        if known and wanted not in known:
            near = nearest(wanted, known)
            raise ConfigProblem(
                f"You do not work on the handle {wanted}",
                detail=f"Yours are: {', '.join(known)}",
                hint=f"Did you mean {near}?" if near else f"Yours are: {', '.join(known)}",
            )
        return replace(self.now, handle=wanted)

    def must_type(self, profile: Profile) -> bool:
        """Whether a token has to be typed before anything can be opened."""
        return not self._offline and isinstance(self._source(profile), PromptToken)

    def typed(self, profile: Profile, text: str) -> None:
        """Take a typed token, for this profile's origin and as long as the program runs.

        Raises:
            SignInNeeded: it is none.
        """
        self._typed[_key(profile)] = clean_token(text)

    def forget(self, profile: Profile) -> None:
        """Drop a typed token that was not taken."""
        self._typed.pop(_key(profile), None)

    def _source(self, profile: Profile) -> TokenSource | _Known:
        known = self._typed.get(_key(profile))
        source = token_source(profile, environ=self._environ)
        return _Known(known) if known is not None and isinstance(source, PromptToken) else source

    async def open(self, profile: Profile, epoch: int) -> tuple[Engine, Standing]:
        """Open a target beside the one there is, and have the platform say who we are there.

        Raises:
            SignInNeeded: there is no token, or the platform does not take it.
            NotFound: it has no such handle.
            Unreachable: it does not answer, and nothing of it is in the cache.
            StorageProblem: cache or journal cannot be used. Whatever is raised, nothing is left open.
        """
        source = None if self._offline else self._source(profile)
        engine = Engine(lambda: connect(profile, offline=self._offline, epoch=epoch, tokens=source))
        try:
            await asyncio.wrap_future(engine.start())
            return engine, await engine.call(_introduced)
        except BaseException:
            await asyncio.to_thread(engine.stop)
            raise

    def arrived(self, profile: Profile) -> None:
        """We are on it now."""
        self.now = profile


def profile_names() -> tuple[str, ...]:
    """The profiles of the settings file; none where it cannot be read."""
    try:
        return tuple(load_config().profiles)
    except ConfigProblem:
        return ()


def _key(profile: Profile) -> tuple[str, str]:
    return profile.name, profile.base_url


async def _introduced(session: Session) -> Standing:
    """Who we are there. A platform that is down is no reason to keep anybody from what was read before."""
    if not session.offline:
        try:
            await session.introduce()
            await meter.read(session)
        except (RouteMissing, UnreadableAnswer, Throttled):
            pass  # as at the start: what it does not tell is shown as not known
        except Unreachable:
            if session.store.inventory.synced_at() is None:
                raise
    return await standing(session)
