"""A token that a command gives anew: in time, once, for the same operator, and never for a write."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.api.auth import REFRESH_BEFORE, claims_of
from console.api.settings import RenewableSource
from console.domain.errors import SignInNeeded
from console.domain.target import Secret
from console.ops.access.renewing import AGAIN_AFTER, RenewingToken, renewing
from console.ops.access.tokens import CommandToken, EnvironmentToken, PromptToken
from console.ops.browse import standing
from console.ops.clock import SystemClock
from console.ops.connect import connect
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock
from tests.support.commandline import helper
from tests.support.desk import profile_for

SLUG = "spring-launch"


class Purse:
    """Gives its tokens one after the other; the last one again and again."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.asked = 0

    async def get(self) -> Secret:
        return Secret(self.tokens[0])

    async def renew(self) -> Secret:
        self.asked += 1
        await asyncio.sleep(0)
        if len(self.tokens) > 1:
            self.tokens.pop(0)
        if not self.tokens[0]:
            raise SignInNeeded("The token command failed")
        return Secret(self.tokens[0])


@pytest.fixture
def made(practice: PracticeServer) -> Any:
    """Tokens of the practice platform."""
    return practice.platform.tokens.jwt


def at(server: PracticeServer, purse: Purse, clock: Any = None, **settings: Any) -> RenewingToken:
    return RenewingToken(purse, profile_for(server, **settings), clock or SystemClock())


async def test_what_is_about_to_end_is_asked_for_anew_once_for_all_who_read(
    practice: PracticeServer, made: Any
) -> None:
    purse = Purse(made(lives=REFRESH_BEFORE - 10), made(lives=3600))
    session = await connect(profile_for(practice), tokens=at(practice, purse))
    try:
        platform = session.online()
        await asyncio.gather(*[platform.link(SLUG) for _ in range(5)])
        await platform.history(SLUG)
        assert purse.asked == 1
        session.identity = replace(await session.introduce(), token_expires_at=None)
        assert (await standing(session)).token_expires_at == claims_of(Secret(purse.tokens[0])).expires_at
    finally:
        await session.close()


async def test_one_that_has_ended_meanwhile_is_replaced_and_the_read_goes_on(
    practice: PracticeServer, made: Any
) -> None:
    purse = Purse(made(lives=3600), made(lives=7200))
    session = await connect(profile_for(practice), tokens=at(practice, purse))
    try:
        practice.platform.faults.add(
            "answer", path="history$", status=401, body={"error": "token_expired"}, times=1
        )
        assert (await session.online().history(SLUG)).live == 9
        assert purse.asked == 1
    finally:
        await session.close()


async def test_a_source_with_nothing_new_is_left_alone_for_a_while(
    practice: PracticeServer, made: Any
) -> None:
    clock = ManualClock()
    old = Secret(made(lives=60))
    for purse in (
        Purse(old.reveal()),
        Purse(old.reveal(), made(lives=30)),
    ):  # the same, and one that ends sooner
        source = at(practice, purse, clock)
        assert await source.get() == old
        assert await source.renewed(old) == old
        assert await source.renewed(old) == old
        assert purse.asked == 1
        clock.advance(AGAIN_AFTER)
        assert await source.renewed(old) == old
        assert purse.asked == 2
        assert await source.get() == old


async def test_a_source_that_fails_is_not_asked_at_every_read(practice: PracticeServer, made: Any) -> None:
    old = made(lives=60)
    purse = Purse(old, "")
    session = await connect(profile_for(practice), tokens=at(practice, purse))
    try:
        for _ in range(3):
            await session.online().link(SLUG)  # the token that there is still does
        assert purse.asked == 1
    finally:
        await session.close()


@pytest.mark.parametrize("other", [{"operator": "kim"}, {"handle": "beta"}])
async def test_another_operators_token_is_not_used(
    practice: PracticeServer, made: Any, other: dict[str, str]
) -> None:
    old = Secret(made(lives=60))
    source = at(practice, Purse(old.reveal(), made(**other)))
    assert await source.get() == old
    with pytest.raises(SignInNeeded, match="another operator's"):
        await source.renewed(old)
    assert await source.get() == await source.renewed(old) == old


async def test_a_token_that_the_profiles_key_did_not_sign_is_not_used(
    practice: PracticeServer, made: Any, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").write_text('{"keys": []}')
    old = Secret(made(lives=60))
    source = at(practice, Purse(old.reveal(), made()), jwks_file=tmp_path / "keys.json")
    assert await source.get() == old
    with pytest.raises(SignInNeeded, match="signature"):
        await source.renewed(old)
    assert await source.get() == await source.renewed(old) == old


async def test_tokens_that_never_live_long_are_used_for_half_their_life(
    practice: PracticeServer, made: Any
) -> None:
    clock = ManualClock()
    clock.moment = SystemClock().now()
    first, second, third = (Secret(made(lives=lives)) for lives in (60, 100, 200))
    purse = Purse(*(each.reveal() for each in (first, second, third)))
    source = at(practice, purse, clock)
    assert await source.renewed(first) == second
    assert await source.get() == second
    clock.advance(40)
    assert await source.renewed(second) == second
    clock.advance(20)
    assert await source.renewed(second) == third


def test_only_what_can_have_something_new_is_asked(practice: PracticeServer, tmp_path: Path) -> None:
    profile, clock = profile_for(practice), SystemClock()
    command = CommandToken([str(helper(tmp_path, "print('token')"))])
    assert isinstance(renewing(command, profile, clock), RenewableSource)
    for source in (EnvironmentToken("X", {}), PromptToken("acme", "https://api.example")):
        assert renewing(source, profile, clock) is source
