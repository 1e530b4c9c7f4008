"""Practice tokens: JWTs signed with a secret made from the seed, and PATs. Good on loopback, nowhere else.

Signed by hand because a JWT library costs more to import than the rest of the start; the tests read the
tokens with one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from console.domain.links import JSON
from console.domain.target import Role
from console.practice.problems import Problem

READ: Final = "links.read"
WRITE: Final = "links.write"
HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a token says is calling. `scopes` is None for a JWT: the role decides alone."""

    operator: str
    role: Role
    handle: str
    token_id: str
    scopes: tuple[str, ...] | None = None
    expires_at: float | None = None

    @property
    def is_pat(self) -> bool:
        """Whether the token is a personal access token."""
        return self.scopes is not None


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TokenOffice:
    """Makes, checks and revokes the practice platform's tokens.

    Args:
        seed: what the signing secret and the token ids are made from.
        handle: the one handle there is.
        clock: Unix seconds, as the practice platform sees them.
    """

    def __init__(self, seed: int, handle: str, clock: Callable[[], float]) -> None:
        self._secret = hashlib.sha256(f"repoint practice {seed}".encode()).digest()
        self._seed = seed
        self._handle = handle
        self._clock = clock
        self._made = 0
        self._pats: dict[str, Caller] = {}
        self._secrets: dict[str, str] = {}
        self._revoked: set[str] = set()

    def jwt(
        self,
        operator: str = "dana",
        role: Role | str = Role.OPERATOR,
        *,
        lives: float = HOUR,
        handle: str | None = None,
        **claims: JSON,
    ) -> str:
        """A signed JWT (HS256) for `operator`, good for `lives` seconds (negative: expired already)."""
        self._made += 1
        now = self._clock()
        name = role if isinstance(role, str) else role.name
        body = {
            "sub": operator,
            "role": name.upper(),
            "handle": self._handle if handle is None else handle,
            "iat": int(now),
            "exp": int(now + lives),
            "jti": self._id("jwt"),
            **claims,
        }
        head = _b64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        signed = f"{head}.{_b64(json.dumps(body).encode())}"
        return f"{signed}.{self._signature(signed)}"

    def pat(
        self,
        operator: str = "dana",
        role: Role = Role.OPERATOR,
        *,
        scopes: Sequence[str] = (READ, WRITE),
        handle: str | None = None,
    ) -> str:
        """A PAT `patv1_<tokenId>.<secret>` for one handle."""
        self._made += 1
        token_id = self._id("pat")
        secret = hashlib.sha256(self._secret + token_id.encode()).hexdigest()[:32]
        self._secrets[token_id] = secret
        handle = self._handle if handle is None else handle
        self._pats[token_id] = Caller(operator, role, handle, token_id, tuple(scopes))
        return f"patv1_{token_id}.{secret}"

    def revoke(self, token: str) -> None:
        """Refuse `token` from now on."""
        self._revoked.add(token)

    def check_jwt(self, token: str) -> Caller:
        """Who a JWT stands for.

        Raises:
            Problem: 401 `invalid_token_format`, `invalid_token`, `token_expired` or `token_revoked`.
        """
        parts = token.split(".")
        if len(parts) != 3 or not all(parts):
            raise Problem(401, "invalid_token_format", "a JWT has three parts")
        if not hmac.compare_digest(self._signature(f"{parts[0]}.{parts[1]}").encode(), parts[2].encode()):
            raise Problem(401, "invalid_token", "the token's signature is not ours")
        body = json.loads(_unb64(parts[1]))
        if body["exp"] <= self._clock():
            raise Problem(401, "token_expired", "the token has expired; sign in again or refresh it earlier")
        self._refuse_revoked(token)
        role = Role.parse(body["role"])
        return Caller(body["sub"], role, body["handle"], body["jti"], None, float(body["exp"]))

    def check_pat(self, token: str) -> Caller:
        """Who a PAT stands for.

        Raises:
            Problem: 401 `invalid_token_format`, `invalid_token` or `token_revoked`.
        """
        token_id, dot, secret = token.removeprefix("patv1_").partition(".")
        if not token.startswith("patv1_") or not dot:
            raise Problem(401, "invalid_token_format", "a PAT is patv1_<tokenId>.<secret>")
        known = self._secrets.get(token_id, "")
        if not known or not hmac.compare_digest(known.encode(), secret.encode("utf-8", "replace")):
            raise Problem(401, "invalid_token", "no such token")
        self._refuse_revoked(token)
        return self._pats[token_id]

    def _refuse_revoked(self, token: str) -> None:
        if token in self._revoked:
            raise Problem(401, "token_revoked", "the token was revoked")

    def _signature(self, text: str) -> str:
        return _b64(hmac.new(self._secret, text.encode("utf-8", "replace"), hashlib.sha256).digest())

    def _id(self, kind: str) -> str:
        return hashlib.sha256(f"{self._seed}/{kind}/{self._made}".encode()).hexdigest()[:12]
