"""From a profile to a session: token, platform, cache, journal and prober of one target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from console.api.auth import claims_of
from console.api.client import HttpPlatform
from console.api.lanes import Lanes
from console.api.settings import ConnectionSettings, TokenSource
from console.api.throttle import Patience
from console.domain.errors import SignInNeeded
from console.domain.target import Target
from console.ops.clock import Clock, SystemClock
from console.ops.probe.prober import Prober
from console.ops.probe.values import ProbeSettings
from console.ops.profiles.places import cache_path, journal_path
from console.ops.profiles.profile import Profile
from console.ops.session import Session
from console.ops.store import Store

if TYPE_CHECKING:
    from console.ops.access.signatures import Checked

_TRIES: Final = 3
"""Tries at a destination that hangs: two of three say that it does (`probe.values.ProbeSettings`)."""


async def connect(
    profile: Profile,
    *,
    offline: bool = False,
    epoch: int = 0,
    clock: Clock | None = None,
    tokens: TokenSource | None = None,
    tolerant: bool = False,
) -> Session:
    """Open everything that a session needs. Sends nothing.

    Args:
        profile: the settings.
        offline: leave the platform out; reading comes from the cache, nothing can be sent.
        epoch: counts the targets of this process.
        clock: the real ones when None.
        tokens: where the token comes from; as the profile says when None.
        tolerant: open without a token too, so that the cache can be read; every call to the platform asks
            for it again. Not where the profile names keys that must have signed it.

    Raises:
        StorageProblem: the cache or the journal cannot be used.
        SignInNeeded: the token cannot be had, and the platform is wanted.
    """
    clock = clock or SystemClock()
    target = profile.target(epoch)
    store = Store.open(cache_path(target.key), journal_path())
    try:
        source = _source(profile, tokens, clock)
        operator, session_id, signature = await _operator(
            source, store, target, profile, offline=offline, tolerant=tolerant
        )
        lanes = Lanes()
        platform = None if offline else HttpPlatform(connection_settings(profile), source, clock, lanes=lanes)
    except BaseException:
        store.close()
        raise
    settings = _probing(profile)
    return Session(
        target=replace(target, operator=operator),
        profile=profile,
        platform=platform,
        store=store,
        clock=clock,
        prober=Prober(settings, clock),
        probing=settings,
        lanes=lanes,
        signature=signature,
        tokens=source,
        session_id=session_id,
    )


def _source(profile: Profile, given: TokenSource | None, clock: Clock) -> TokenSource:
    from console.ops.access.renewing import renewing
    from console.ops.access.tokens import token_source

    return renewing(given or token_source(profile), profile, clock)


async def _operator(
    source: TokenSource, store: Store, target: Target, profile: Profile, *, offline: bool, tolerant: bool
) -> tuple[str, str, Checked | None]:
    """Who the token says we are, in which session, and by whose signature.

    Offline without a token: who we were last time.
    """
    key = f"operator:{target.key}"
    if offline:
        return str(store.marks.recall(key) or ""), "", None
    signed = profile.jwt_key is not None or profile.jwks_file is not None
    try:
        secret = await source.get()
    except SignInNeeded:
        if signed or not tolerant:
            raise
        return "", "", None
    if secret is None:
        return "", "", None
    from console.ops.access.signatures import require_good_signature

    signature = require_good_signature(secret, profile)
    claims = claims_of(secret)
    operator = claims.subject or claims.token_id
    if operator and store.marks.recall(key) != operator:
        store.marks.remember(key, operator)
    return operator, claims.session_id, signature


def connection_settings(profile: Profile, *, patient: bool = True) -> ConnectionSettings:
    """How calls to the profile's platform are made; without patience a read is tried once."""
    return ConnectionSettings(
        base_url=profile.base_url,
        handle=profile.handle,
        timeout_seconds=profile.timeout,
        rollback_target_key=profile.rollback_target_key,
        honours_idempotency=profile.honours_idempotency,
        ca_file=profile.ca_file,
        proxy=profile.proxy,
        allow_plain_http=profile.allow_plain_http,
        refresh=profile.refresh and patient,
        patience=Patience() if patient else Patience(1, profile.timeout),
    )


def _probing(profile: Profile) -> ProbeSettings:
    return ProbeSettings(
        timeout_seconds=profile.probe_timeout,
        total_seconds=_TRIES * profile.probe_timeout,
        slow_seconds=profile.probe_slow,
        concurrency=profile.concurrency,
        allow_private=profile.probe_allow_private,
    )
