"""Where the token comes from: the environment, a helper command, the system keyring, or the terminal.

Every source gives a cleaned `Secret`, keeps it in memory only, and says the next step when there is none.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from console.api.auth import clean_token
from console.domain.errors import SignInNeeded
from console.domain.target import Secret
from console.domain.text import safe
from console.ops.access.helper import HelperFailed, HelperSlow, run_helper
from console.ops.profiles.profile import TOKEN_VARIABLE, Profile

COMMAND_SECONDS: Final = 30.0
KEYRING_SECONDS: Final = 15.0
_WAYS: Final = f"Set {TOKEN_VARIABLE}, or name a token_command or token_keyring in the profile"


class TokenSource(Protocol):
    """A way to the token."""

    async def get(self) -> Secret:
        """The token; asked for once, then kept. Raises `SignInNeeded` when it cannot be had."""
        ...

    async def renew(self) -> Secret:
        """The token, asked for anew: the last one has ended. Raises as `get`."""
        ...


def token_source(profile: Profile, *, environ: Mapping[str, str] | None = None) -> TokenSource:
    """The source that a profile names; the terminal when it names none."""
    env = os.environ if environ is None else environ
    if profile.token_env is not None:
        return EnvironmentToken(profile.token_env, env)
    if profile.token_command is not None:
        return CommandToken(profile.token_command, env)
    if profile.token_keyring is not None:
        return KeyringToken(profile.token_keyring, profile.handle, env)
    return PromptToken(profile.name, profile.base_url)


class _Kept:
    """A token that is fetched once, even when several ask at the same time."""

    def __init__(self) -> None:
        self._secret: Secret | None = None
        self._lock = asyncio.Lock()

    async def get(self) -> Secret:
        """The token; asked for once, then kept."""
        async with self._lock:
            if self._secret is None:
                self._secret = await self._fetch()
            return self._secret

    async def renew(self) -> Secret:
        """The token, asked for anew."""
        async with self._lock:
            self._secret = None
        return await self.get()

    async def _fetch(self) -> Secret:
        raise NotImplementedError


class EnvironmentToken(_Kept):
    """The token in an environment variable."""

    def __init__(self, variable: str, environ: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._variable = variable
        self._environ = os.environ if environ is None else environ

    async def _fetch(self) -> Secret:
        text = self._environ.get(self._variable, "")
        if not text.strip():
            raise SignInNeeded(f"{self._variable} holds no token", hint=f"export {self._variable}=... first")
        return _cleaned(text, f"the variable {self._variable}")


class CommandToken(_Kept):
    """The token that a helper command prints: one line, within 30 seconds, run without a shell.

    What the helper writes to standard error is not shown: it may be the token.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str] | None = None,
        *,
        seconds: float = COMMAND_SECONDS,
    ) -> None:
        super().__init__()
        self._argv = tuple(argv)
        self._environ = os.environ if environ is None else environ
        self._seconds = seconds

    async def _fetch(self) -> Secret:
        program = safe(self._argv[0], 80)
        try:
            text = await run_helper(self._argv, _without_tokens(self._environ), self._seconds)
        except HelperSlow as slow:
            raise SignInNeeded(
                f"The token command {program} did not answer within {self._seconds:g} seconds",
                hint="Run it yourself: it may wait for something to be unlocked",
            ) from slow
        except HelperFailed as failed:
            raise SignInNeeded(
                f"The token command {program} {failed.what}",
                hint="Run it yourself to see why: what it says is not shown here, it may hold the token",
            ) from failed
        return _one_line(text, f"The token command {program}")


class KeyringToken(_Kept):
    """The token in the system keyring, read by a process of its own that can be ended when it hangs."""

    def __init__(
        self,
        entry: str,
        default_user: str,
        environ: Mapping[str, str] | None = None,
        *,
        seconds: float = KEYRING_SECONDS,
    ) -> None:
        super().__init__()
        self._service, self._user = keyring_entry(entry, default_user)
        self._environ = os.environ if environ is None else environ
        self._seconds = seconds

    async def _fetch(self) -> Secret:
        require_keyring()
        # -P keeps a keyring.py of the current folder from being run instead.
        argv = (sys.executable, "-P", "-m", "keyring", "get", self._service, self._user)
        try:
            text = await run_helper(argv, _without_tokens(self._environ), self._seconds)
        except HelperSlow as slow:
            raise SignInNeeded(
                f"The keyring did not answer within {self._seconds:g} seconds: it may be locked",
                hint=f"Unlock it. On a machine without a screen: {_WAYS}",
            ) from slow
        except HelperFailed as failed:
            raise SignInNeeded(
                f"The keyring gives no token for {safe(self._service, 60)}/{safe(self._user, 60)}",
                detail="There is no such entry, or this machine has no keyring (no desktop, no D-Bus).",
                hint=f"Store it: keyring set {safe(self._service, 60)} {safe(self._user, 60)}\nOr: {_WAYS}",
            ) from failed
        return _one_line(text, "The keyring")


def keyring_entry(entry: str, default_user: str) -> tuple[str, str]:
    """Service and user that `SERVICE` or `SERVICE/USER` names."""
    service, slash, user = entry.partition("/")
    return service, user if slash and user else default_user


def require_keyring() -> None:
    """Raise `SignInNeeded` when the support for keyrings is not installed."""
    from importlib.util import find_spec

    if find_spec("keyring") is None:
        raise SignInNeeded(
            "The keyring support is not installed", hint=f"pip install 'repoint[keyring]'\nOr: {_WAYS}"
        )


async def store_in_keyring(
    secret: Secret,
    entry: tuple[str, str],
    environ: Mapping[str, str] | None = None,
    *,
    seconds: float = KEYRING_SECONDS,
) -> None:
    """Put the token into the system keyring, through the input of a process of its own.

    Raises:
        SignInNeeded: there is no keyring here, or it is locked. Nothing was stored anywhere else.
    """
    require_keyring()
    env = os.environ if environ is None else environ
    argv = (sys.executable, "-P", "-m", "keyring", "set", *entry)
    try:
        await run_helper(argv, _without_tokens(env), seconds, text=secret.reveal())
    except HelperSlow as slow:
        raise SignInNeeded(
            f"The keyring did not answer within {seconds:g} seconds: it may be locked",
            detail="The token was not stored.",
            hint=f"Unlock it. On a machine without a screen: {_WAYS}",
        ) from slow
    except HelperFailed as failed:
        raise SignInNeeded(
            "The keyring took no token",
            detail="The token was not stored. This machine may have no keyring (no desktop, no D-Bus).",
            hint=_WAYS,
        ) from failed


class PromptToken(_Kept):
    """The token typed at the terminal: not echoed, kept until the program ends, not stored here."""

    def __init__(
        self,
        profile: str,
        base_url: str,
        ask: Callable[[str], str] | None = None,
        *,
        fate: str = "not shown, not stored",
    ) -> None:
        super().__init__()
        self._question = f"Token for {safe(profile, 64)} at {safe(base_url, 200)} ({fate}): "
        self._ask = ask

    async def _fetch(self) -> Secret:
        if self._ask is None and not _free_terminal():
            raise SignInNeeded("There is no token, and no terminal that is free to ask for it", hint=_WAYS)
        ask = self._ask or _typed
        try:
            text = ask(self._question)
        except EOFError as error:
            raise SignInNeeded("No token was typed", hint=_WAYS) from error
        return clean_token(text)


def _free_terminal() -> bool:
    """Whether there is a terminal and the program's main thread waits for it: a screen runs beside others."""
    if threading.current_thread() is not threading.main_thread():
        return False
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _typed(question: str) -> str:
    import getpass
    import signal

    # The event loop's own handler would keep the first Ctrl-C until a line is typed.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return getpass.getpass(question, stream=sys.stderr)
    finally:
        signal.signal(signal.SIGINT, before)


def _one_line(text: str, who: str) -> Secret:
    lines = [line for line in text.splitlines() if line.strip("\ufeff \t")]
    if len(lines) != 1:
        said = "nothing" if not lines else f"{len(lines)} lines"
        raise SignInNeeded(
            f"{who} printed {said} where the token alone is due",
            hint="Run it yourself: it must print one line, the token",
        )
    return _cleaned(lines[0], who.lower())


def _cleaned(text: str, where: str) -> Secret:
    try:
        return clean_token(text)
    except SignInNeeded as problem:
        raise SignInNeeded(
            problem.title, detail=f"It comes from {where}.", hint=problem.hint
        ) from None  # what was wrong with it stays with it


def _without_tokens(environ: Mapping[str, str]) -> dict[str, str]:
    """A helper's environment: anybody who may look at the process can read it."""
    return {name: value for name, value in environ.items() if name != TOKEN_VARIABLE}
