"""A token that a command or the keyring gives anew before it ends, for as long as we stay the same operator.

The connection asks once for all who wait, before a read, never between a check and its write
(`console.api.auth.TokenKeeper`).
"""

from __future__ import annotations

from typing import Final

from console.api.auth import REFRESH_BEFORE, claims_of
from console.api.settings import TokenSource as Given
from console.domain.errors import SignInNeeded
from console.domain.target import Secret
from console.domain.text import safe
from console.ops.access.signatures import require_good_signature
from console.ops.access.tokens import CommandToken, KeyringToken, TokenSource
from console.ops.clock import Clock
from console.ops.profiles.profile import Profile

AGAIN_AFTER: Final = 60.0
"""Seconds before a source that had nothing new, or failed, is asked again: a helper may take its time."""


class RenewingToken:
    """A source whose token is asked for anew when it is about to end."""

    def __init__(self, source: TokenSource, profile: Profile, clock: Clock) -> None:
        self._source = source
        self._profile = profile
        self._clock = clock
        self._held: Secret | None = None
        self._not_before = 0.0

    async def get(self) -> Secret:
        """The token that counts now, whatever its source has by now. Raises as its source does."""
        if self._held is None:
            self._held = await self._source.get()
        return self._held

    async def renewed(self, old: Secret) -> Secret:
        """A token in place of `old`; `old` itself where the source has no other, or was asked just now.

        Raises:
            SignInNeeded: it cannot be had, its signature is not good, or it is another operator's.
        """
        now = self._clock.now()
        if now.monotonic < self._not_before:
            return old
        self._not_before = now.monotonic + AGAIN_AFTER
        fresh = await self._source.renew()
        if not _later(fresh, old):
            return old
        require_good_signature(fresh, self._profile)
        self._require_same_operator(old, fresh)
        self._held = fresh
        left = claims_of(fresh).seconds_left(now)
        # One that always lives shorter than the span in which we renew is used for half its life.
        soon = left is not None and left < REFRESH_BEFORE
        self._not_before = now.monotonic + (max(1.0, (left or 0.0) / 2) if soon else 0.0)
        return fresh

    def _require_same_operator(self, old: Secret, fresh: Secret) -> None:
        """Reviews, plans and the journal are the operator's that this session began with."""
        was, now = claims_of(old), claims_of(fresh)
        if (was.subject, was.handle) == (now.subject, now.handle):
            return
        raise SignInNeeded(
            "The profile's token is now another operator's, or for another handle",
            detail=f"This session is {safe(was.subject or 'somebody', 80)}'s; the new token is not used.",
            hint="End this session and start again: what was reviewed is not theirs",
        )


def _later(fresh: Secret, old: Secret) -> bool:
    """Whether it is another token, and not one that ends sooner: what the platform renewed counts as well."""
    was, now = claims_of(old).expires_at, claims_of(fresh).expires_at
    return fresh != old and (was is None or now is None or now > was)


def renewing(source: Given, profile: Profile, clock: Clock) -> Given:
    """The source, renewing where it can have something new: a variable and a prompt cannot."""
    if isinstance(source, CommandToken | KeyringToken):
        return RenewingToken(source, profile, clock)
    return source
