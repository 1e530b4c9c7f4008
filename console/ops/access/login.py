"""Signing in: a token is asked for, checked with the platform, and stored only where that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.api.auth import Claims, claims_of
from console.api.client import HttpPlatform
from console.api.port import Identity
from console.domain.target import Secret
from console.ops.access.signatures import Checked, require_good_signature
from console.ops.clock import Clock, SystemClock
from console.ops.connect import connection_settings
from console.ops.profiles.places import places
from console.ops.profiles.profile import TOKEN_VARIABLE, Profile


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a token is for the platform.

    Attributes:
        seconds_left: until the token ends; None when it does not say.
        signature: as checked here; UNCHECKED for a PAT, which has none.
    """

    identity: Identity
    claims: Claims
    seconds_left: float | None
    signature: Checked


class _Given:
    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    async def get(self) -> Secret:
        return self._secret


async def check_token(profile: Profile, secret: Secret, clock: Clock | None = None) -> SignedIn:
    """Ask the platform who the token is. Costs no write.

    Raises:
        SignInNeeded: the platform does not take it, or a configured key says that it is forged.
        RepointError: the platform could not be asked.
    """
    clock = clock or SystemClock()
    claims = claims_of(secret)
    signature = require_good_signature(secret, profile)
    platform = HttpPlatform(connection_settings(profile, patient=False), _Given(secret), clock)
    try:
        identity = await platform.whoami()
    finally:
        await platform.close()
    return SignedIn(identity, claims, claims.seconds_left(clock.now()), signature)


def ways_to_use(profile: Profile, stored: str | None, environ: Mapping[str, str]) -> list[str]:
    """How the profile comes to this token the next time, a sentence each.

    Args:
        profile: as it is now.
        stored: the keyring entry that now holds the token; None when it was not stored.
        environ: says where the settings file is.
    """
    file = places(environ).config_path()
    if stored is not None:
        if profile.token_keyring == stored:
            return [f"Profile {profile.name} takes it from there from now on."]
        return [f'To use it: token_keyring = "{stored}" below [profiles.{profile.name}] in {file}']
    if profile.token_command is not None:
        return ["The profile's token_command has to print it: put it where that command reads it."]
    if profile.token_keyring is not None:
        return [f"The profile reads the keyring entry {profile.token_keyring}: repoint login --keyring"]
    variable = profile.token_env or TOKEN_VARIABLE
    return [
        f"For this shell: read -rs {variable} && export {variable}   (then paste it)",
        f'For good: token_command = ["pass", "show", "ENTRY"] in {file}, or repoint login --keyring',
    ]
