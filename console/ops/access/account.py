"""Who we are here, what the token is worth, and where it came from: never the token itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from console.domain.errors import RepointError
from console.domain.target import Role, Target
from console.ops.session import Session

if TYPE_CHECKING:
    from console.api.auth import Claims
    from console.ops.profiles.profile import Profile


@dataclass(frozen=True, slots=True)
class Account:
    """The profile and token view.

    Attributes:
        name: the operator's, as the platform has it; empty before it was asked.
        kind: `JWT` or `PAT`; empty where there is no token.
        token_id: a PAT's id, or a JWT's `jti`.
        scopes: as the token says them; empty where it does not.
        origin: where the token comes from, in words.
        signature: what was found of its signature, a sentence.
        trouble: why there is no token, or what is odd about it.
        handles: those that the platform says we work on, with our role.
        armed_seconds: None where the profile is not protected.
    """

    target: Target
    origin: str
    name: str = ""
    plan: str = ""
    kind: str = ""
    token_id: str = ""
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    signature: str = ""
    trouble: str = ""
    handles: tuple[tuple[str, Role], ...] = ()
    armed_seconds: float | None = None


async def account(session: Session) -> Account:
    """Who we are, from what is known here: nothing is asked of the platform."""
    claims, trouble = await _claims(session)
    who = session.identity
    return Account(
        target=session.target,
        origin=origin_of(session.profile),
        name=who.name if who else "",
        plan=who.plan if who else "",
        kind=claims.kind.value.upper() if claims else "",
        token_id=claims.token_id if claims else "",
        expires_at=claims.expires_at if claims else None,
        scopes=claims.scopes if claims else (),
        signature=session.signature.sentence if session.signature else "",
        trouble=trouble,
        handles=who.handles if who else (),
        armed_seconds=session.armed_seconds() if session.profile.protected else None,
    )


async def _claims(session: Session) -> tuple[Claims | None, str]:
    from console.api.auth import claims_of

    if session.offline or session.tokens is None:
        return None, "Offline: no token was asked for"
    try:
        secret = await session.tokens.get()
    except RepointError as problem:
        return None, problem.title
    if secret is None:
        return None, "There is no token"
    claims = claims_of(secret)
    return claims, " ".join(claims.warnings)


def origin_of(profile: Profile) -> str:
    """Where a profile's token comes from, in words. A helper is named without its arguments."""
    if profile.token_env is not None:
        return f"the environment variable {profile.token_env}"
    if profile.token_command is not None:
        return f"the command {profile.token_command[0]}"
    if profile.token_keyring is not None:
        return f"the system keyring, entry {profile.token_keyring}"
    return "typed at the terminal, in memory only"
