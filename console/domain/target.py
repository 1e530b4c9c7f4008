"""Where we are connected, frozen at start; and tokens that cannot be printed by accident."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, NoReturn


class Role(IntEnum):
    """The platform's roles, ordered: a higher one may do what a lower one may."""

    UNKNOWN = 0
    CREATOR = 1
    OPERATOR = 2
    OWNER = 3

    @classmethod
    def parse(cls, text: object) -> Role:
        """Read a role's name in any case; UNKNOWN for anything else."""
        return cls.__members__.get(str(text).strip().upper(), cls.UNKNOWN)

    @property
    def label(self) -> str:
        """The role as an operator reads it."""
        return self.name.lower()


class Secret:
    """A token. Its repr, str, format and pickle give nothing away; `reveal()` is the only way in."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The token itself. Call it only where it is put on the wire."""
        return self.__value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.__value

    def __hash__(self) -> int:
        return hash(("Secret", self.__value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __bool__(self) -> bool:
        return bool(self.__value)


PRODUCTION: Final = "production"


@dataclass(frozen=True, slots=True)
class Target:
    """Profile, platform, handle and operator that every request, sighting and plan is bound to.

    Switching builds a new target with a new `epoch`; late answers of an older epoch are dropped.

    Attributes:
        profile: name of the profile.
        base_url: the origin, without a trailing slash: `https://api.example`.
        handle: the handle (account) on the platform.
        environment: what the profile calls it: `production`, `staging`, `practice`, ...
        operator: who the token says we are (JWT `sub` or PAT id); empty before it is known.
        role: the operator's role on the handle.
        epoch: counts the targets of this process.
    """

    profile: str
    base_url: str
    handle: str
    environment: str = PRODUCTION
    operator: str = ""
    role: Role = Role.UNKNOWN
    epoch: int = 0

    @property
    def key(self) -> str:
        """What the target is to the cache and the journal: origin and handle."""
        return f"{self.base_url}|{self.handle}"

    @property
    def is_production(self) -> bool:
        """Whether a mistake here is seen by visitors."""
        return self.environment.lower() in {PRODUCTION, "prod", "live"}

    def known_as(self, operator: str, role: Role) -> Target:
        """The same target once the platform has said who we are."""
        return replace(self, operator=operator, role=role)

    def same_place(self, other: Target) -> bool:
        """Whether a plan made at `other` may run here: same platform, handle and operator."""
        return self.key == other.key and self.operator == other.operator
