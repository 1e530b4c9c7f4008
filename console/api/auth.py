"""Tokens: cleaned, told apart, decoded for display, and put on requests to the profile's origin only.

A JWT is decoded without checking its signature: what it says is shown, never trusted. The platform
decides what a token may do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from console.api.wire_values import name, or_else
from console.domain.errors import ConfigProblem, RepointError, SignInNeeded
from console.domain.links import JSON
from console.domain.moments import Moment
from console.domain.target import Role, Secret
from console.domain.text import safe

if TYPE_CHECKING:
    import httpx

    from console.api.settings import TokenSource
    from console.api.throttle import Clock

REFRESH_BEFORE: Final = 300.0
"""Seconds before its end at which a JWT is renewed, where the profile asks for it."""
CLOCK_IS_WRONG: Final = 86400.0
"""A JWT lives about an hour (platform-api). One that ended longer ago than this by our clock says more
about the clock, so the platform is left to decide."""
_MAX_LENGTH: Final = 16384
_QUOTES: Final = "\"'`"
_PAT: Final = re.compile(r"patv1_([A-Za-z0-9_-]{1,128})\.")


class TokenKind(StrEnum):
    """What a token is, by its form."""

    JWT = "jwt"
    PAT = "pat"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says of itself. Nothing in it is verified.

    Attributes:
        token_id: a PAT's id, or a JWT's `jti`.
        algorithm: as the header has it; `none` is shown like any other.
        warnings: what is odd about it, in words.
    """

    kind: TokenKind
    subject: str = ""
    role: Role = Role.UNKNOWN
    handle: str = ""
    token_id: str = ""
    session_id: str = ""
    algorithm: str = ""
    expires_at: datetime | None = None
    not_before: datetime | None = None
    warnings: tuple[str, ...] = ()
    claims: Mapping[str, JSON] = field(default_factory=dict, repr=False)

    @property
    def scopes(self) -> tuple[str, ...]:
        """What it says that it may do (`scope`, RFC 8693 section 4.2; lists too); empty where it does not."""
        for key in ("scope", "scopes", "scp"):
            told = self.claims.get(key)
            words = told.split() if isinstance(told, str) else told if isinstance(told, list) else []
            if words:
                return tuple(str(word) for word in words)
        return ()

    def seconds_left(self, now: Moment) -> float | None:
        """Seconds until the token ends; negative when it has; None when it does not say."""
        return None if self.expires_at is None else (self.expires_at - now.wall).total_seconds()


def clean_token(text: str) -> Secret:
    """A token from text that was pasted, typed or printed by a helper.

    A byte order mark, blanks round it, one pair of quotes and a leading `Bearer ` are taken off.

    Raises:
        SignInNeeded: empty, too long, or with a blank, a control or a non-ASCII character inside. The
            text is never quoted.
    """
    value = text.strip().lstrip("\ufeff").strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in _QUOTES:
        value = value[1:-1].strip()
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "bearer":
        value = rest.strip()
    if not value:
        raise SignInNeeded("The token is empty", hint="Check where the profile takes it from.")
    return sendable(Secret(value))


def sendable(secret: Secret) -> Secret:
    """The token itself, when it can be put in a header.

    Raises:
        SignInNeeded: it cannot; what it holds is never quoted.
    """
    value = secret.reveal()
    if not value or len(value) > _MAX_LENGTH:
        reason = "it is empty" if not value else "it is longer than any token"
    elif not value.isascii():
        reason = "it holds a character that no token holds"
    elif any(not 0x20 < ord(c) < 0x7F for c in value):
        reason = "it holds a blank or a control character"
    else:
        return secret
    raise SignInNeeded(
        f"The token cannot be used: {reason}",
        detail="Nothing was sent.",
        hint="Check that it was copied whole, and only it.",
    )


def classify_token(secret: Secret) -> TokenKind:
    """PAT for `patv1_...`, JWT for anything else: the platform will say if it is neither."""
    return TokenKind.PAT if secret.reveal().startswith("patv1_") else TokenKind.JWT


def claims_of(secret: Secret) -> Claims:
    """What a token says of itself. Never raises; what cannot be read is left empty, with a warning."""
    if classify_token(secret) is TokenKind.PAT:
        found = _PAT.match(secret.reveal())
        warnings = () if found else ("The token does not have the form patv1_<id>.<secret>.",)
        return Claims(TokenKind.PAT, token_id=found.group(1) if found else "", warnings=warnings)
    import jwt

    try:
        parts = jwt.decode_complete(secret.reveal(), options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError, KeyError):
        return Claims(TokenKind.JWT, warnings=("The token is no JWT that can be read.",))
    payload, header = parts["payload"], parts["header"]
    expires_at, odd_end = _numeric_date(payload.get("exp"))
    not_before, odd_start = _numeric_date(payload.get("nbf"))
    algorithm = safe(header.get("alg", ""), 20)
    warnings = (
        *(("The token's exp is not a time.",) if odd_end else ()),
        *(("The token's nbf is not a time.",) if odd_start else ()),
        *(("The token is not signed (alg none).",) if algorithm.lower() in {"none", ""} else ()),
    )
    return Claims(
        TokenKind.JWT,
        subject=or_else(name, payload.get("sub"), ""),
        role=Role.parse(payload.get("role")),
        handle=or_else(name, payload.get("handle"), ""),
        token_id=or_else(name, payload.get("jti"), ""),
        session_id=or_else(name, payload.get("sid"), ""),
        algorithm=algorithm,
        expires_at=expires_at,
        not_before=not_before,
        warnings=warnings,
        claims=payload,
    )


def _numeric_date(value: JSON) -> tuple[datetime | None, bool]:
    """A claim's time, and whether it is odd. RFC 7519: seconds since 1970, a JSON number."""
    if value is None:
        return None, False
    if type(value) not in {int, float} or not math.isfinite(value):
        return None, True
    try:
        return datetime.fromtimestamp(value, UTC), False
    except (ValueError, OverflowError, OSError):
        return None, True


class OriginBoundAuth:
    """Puts the token on a request, and refuses any request that goes elsewhere than the profile's origin."""

    def __init__(self, origin: str, secret: Secret) -> None:
        self._origin = origin
        self._secret = sendable(secret)

    def __call__(self, request: httpx.Request) -> httpx.Request:
        """As httpx calls it, just before sending.

        Raises:
            ConfigProblem: the request's origin is another one; the token stays here.
        """
        host = request.url.raw_host.decode("ascii")
        shown = f"[{host}]" if ":" in host else host
        port = request.url.port
        asked = f"{request.url.scheme}://{shown}" + (f":{port}" if port is not None else "")
        if asked != self._origin:
            raise ConfigProblem(
                "A request was about to leave for another platform; the token was not sent",
                hint="Check base_url in the profile.",
            )
        request.headers["Authorization"] = f"Bearer {self._secret.reveal()}"
        return request


class TokenKeeper:
    """The token of one connection: asked from its source, renewed once for all who wait."""

    def __init__(
        self,
        source: TokenSource,
        clock: Clock,
        renew: Callable[[Secret], Awaitable[Secret]] | None = None,
    ) -> None:
        import asyncio

        self._source = source
        self._clock = clock
        self._renew = renew
        self._renewed: tuple[Secret, Secret] | None = None
        self._claims: tuple[Secret, Claims] | None = None
        self._lock = asyncio.Lock()

    async def current(self) -> Secret:
        """The token to use now, as it is.

        Raises:
            SignInNeeded: there is none.
        """
        secret = await self._source.get()
        if not secret:
            raise SignInNeeded("There is no token for this profile", hint="Sign in: `repoint login`.")
        if self._renewed is not None and self._renewed[0] == secret:
            return self._renewed[1]
        return secret

    async def for_reading(self) -> Secret:
        """The token to read with: renewed when it is about to end, where the profile asks for that."""
        secret = await self.current()
        left = self.claims(secret).seconds_left(self._clock.now())
        if self._renew is None or left is None or left >= REFRESH_BEFORE:
            return secret
        try:
            return await self.renewed(secret)
        except RepointError:
            return secret  # it may still do; if not, the platform's 401 says what to do

    async def for_writing(self, margin: float) -> Secret:
        """The token to write with. Never renewed here: nothing may come between check and send.

        Raises:
            SignInNeeded: it ends within `margin` seconds, so it could end in the middle.
        """
        secret = await self.current()
        left = self.claims(secret).seconds_left(self._clock.now())
        if left is not None and -CLOCK_IS_WRONG < left < margin:
            ends = f"ends in {left:.0f} s" if left > 0 else "has ended"
            raise SignInNeeded(
                f"The token {ends}: a write must not start with it",
                detail="Nothing was sent.",
                hint="Get a new token and sign in again: `repoint login`.",
            )
        return secret

    async def renewed(self, old: Secret) -> Secret:
        """A token that replaces `old`: one request for all who ask at the same time.

        Raises:
            RepointError: it could not be renewed.
        """
        async with self._lock:
            now = await self.current()
            if now != old or self._renew is None:
                return now
            fresh = await self._renew(old)
            base = self._renewed[0] if self._renewed is not None and self._renewed[1] == old else old
            self._renewed = (base, fresh)
            return fresh

    def claims(self, secret: Secret) -> Claims:
        """What the token says of itself; decoded once."""
        if self._claims is None or self._claims[0] != secret:
            self._claims = (secret, claims_of(secret))
        return self._claims[1]

    @property
    def renews(self) -> bool:
        """Whether the profile asks for tokens to be renewed."""
        return self._renew is not None
