"""`repoint login`: asks for a token, checks it with the platform, says who it is and how to use it."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from console.domain.errors import SignInNeeded, Unreachable
from console.exits import ExitCode
from console.output import Output
from console.output_parts import Line

if TYPE_CHECKING:
    from console.domain.target import Secret
    from console.ops.access.login import SignedIn
    from console.ops.profiles.profile import Profile

EXAMPLE = "repoint login --keyring"
_SERVICE = "repoint"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--keyring", action="store_true", help="keep the token in the system keyring")
    parser.add_argument("--with-token", action="store_true", help="read the token from standard input")


def run(args: argparse.Namespace) -> int:
    """Ask, check, and store where that was asked for."""
    import asyncio

    from console.ops.profiles.profile import load_profile

    out = Output.of(args)
    if args.offline:
        raise Unreachable(
            "Signing in asks the platform, and you are offline", hint="Start again without --offline"
        )
    profile = load_profile(args.profile, flags={"handle": args.handle})
    for notice in profile.notices:
        out.warning(notice)
    return asyncio.run(_login(args, out, profile))


async def _login(args: argparse.Namespace, out: Output, profile: Profile) -> int:
    from console.ops.access.login import check_token, ways_to_use
    from console.ops.access.tokens import keyring_entry, require_keyring, store_in_keyring

    if args.keyring:
        require_keyring()  # before a token is asked for that could not be kept
    secret = await _asked(args, profile)
    found = await check_token(profile, secret)
    stored = None
    if args.keyring:
        stored = profile.token_keyring or f"{_SERVICE}/{profile.handle}"
        # What the profile's variable holds is a token too, and a child's environment can be read.
        env = {name: value for name, value in os.environ.items() if name != profile.token_env}
        await store_in_keyring(secret, keyring_entry(stored, profile.handle), env)
    ways = ways_to_use(profile, stored, os.environ)
    out.result(_document(profile, found, stored, ways), _lines(profile, found, stored, ways))
    return ExitCode.DONE


async def _asked(args: argparse.Namespace, profile: Profile) -> Secret:
    from console.api.auth import clean_token
    from console.ops.access.tokens import PromptToken

    if args.with_token:
        if sys.stdin is None or sys.stdin.isatty():
            raise SignInNeeded(
                "--with-token reads standard input, and that is a terminal",
                hint="pass show acme | repoint login --with-token",
            )
        return clean_token(sys.stdin.read(65536))
    fate = "not shown, kept in the keyring" if args.keyring else "not shown, not stored"
    return await PromptToken(profile.name, profile.base_url, fate=fate).get()


def _document(profile: Profile, found: SignedIn, stored: str | None, ways: list[str]) -> dict[str, object]:
    from console import documents

    identity = found.identity
    return {
        "operator": identity.operator or None,
        "name": identity.name or None,
        "role": identity.role.label,
        "plan": identity.plan or None,
        "profile": profile.name,
        "handle": profile.handle,
        "base_url": profile.base_url,
        "token_kind": found.claims.kind.value,
        "token_id": found.claims.token_id or None,
        "token_expires_at": documents.when(found.claims.expires_at),
        "token_signature": found.signature.signature.value,
        "warnings": list(found.claims.warnings),
        "stored": stored,
        "next": ways,
    }


def _lines(profile: Profile, found: SignedIn, stored: str | None, ways: list[str]) -> list[Line]:
    identity, left = found.identity, found.seconds_left
    life = "does not say when it ends" if left is None else f"is good for another {left / 60:.0f} min"
    return [
        f"You are {identity.operator}, {identity.role.label} of {profile.handle} on {profile.environment}.",
        f"The token {life}. {found.signature.sentence}",
        *found.claims.warnings,
        f"It is kept in the keyring as {stored}." if stored else "The token was not stored.",
        *ways,
    ]
