"""Find and replace in destinations: another host, another prefix, or one page for everybody.

A link's own destination and those of its routing rules are rewritten alike, so that no visitor is left
behind; nothing else of the link changes. The result is what `BatchItem.to_fingerprint` is of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from console.domain.links import Link
from console.domain.urls import UrlProblem, check_destination, host_of, name_of_host

_PARTS: Final = re.compile(r"(https?://)([^/?#@]*)(.*)", re.IGNORECASE | re.DOTALL)
_HOST: Final = re.compile(r"[^\s/?#@\\]+")


class RewriteKind(StrEnum):
    """What is looked for."""

    HOST = "host"
    PREFIX = "prefix"
    PAGE = "page"
    """Nothing: every destination becomes the page, until told otherwise (by undoing the run)."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One find and replace.

    Attributes:
        old: the host or prefix that is looked for; empty for a page.
        new: what takes its place.
    """

    kind: RewriteKind
    old: str
    new: str

    @classmethod
    def of_host(cls, old: str, new: str) -> Rewrite:
        """Another host. With a port, that port alone; without one, any port, which then stays.

        Raises:
            UrlProblem: one of the two is no host.
        """
        for host in (old, new):
            if not _HOST.fullmatch(host):
                raise UrlProblem("invalid_host", f"{host!r} is no host")
            check_destination(f"https://{host}/")
        return cls(RewriteKind.HOST, old.lower(), new.lower())

    @classmethod
    def of_prefix(cls, old: str, new: str) -> Rewrite:
        """Another beginning. It holds at least the whole host.

        Raises:
            UrlProblem: one of the two cannot be the beginning of a destination.
        """
        check_destination(old)
        check_destination(new)
        return cls(RewriteKind.PREFIX, old, new)

    @classmethod
    def of_page(cls, page: str) -> Rewrite:
        """One page for everybody.

        Raises:
            UrlProblem: it cannot be a destination.
        """
        check_destination(page)
        return cls(RewriteKind.PAGE, "", page)

    @classmethod
    def of_words(cls, old: str, new: str) -> Rewrite:
        """What two lines of words mean: a host, a prefix where it has a scheme, a page where nothing is old.

        Raises:
            UrlProblem: they mean none of these.
        """
        old, new = old.strip(), new.strip()
        if not old:
            return cls.of_page(new)
        return cls.of_prefix(old, new) if "://" in old else cls.of_host(old, new)

    @classmethod
    def parse(cls, rule: str) -> Rewrite:
        """The rewrite of a plan, from its `BatchPlan.rule`.

        Raises:
            UrlProblem: it is none.
        """
        match rule.split(" "):
            case ["host", old, "to", new]:
                return cls.of_host(old, new)
            case ["prefix", old, "to", new]:
                return cls.of_prefix(old, new)
            case ["page", page]:
                return cls.of_page(page)
        raise UrlProblem("invalid_rule", "is no rewrite")

    @property
    def rule(self) -> str:
        """As `BatchPlan.rule` says it: `host a.example to b.example`."""
        return (
            f"page {self.new}" if self.kind is RewriteKind.PAGE else f"{self.kind} {self.old} to {self.new}"
        )

    def apply(self, link: Link) -> Link:
        """The link with its destinations rewritten; the same link when nothing matches.

        Raises:
            UrlProblem: a destination that comes out cannot be one.
        """
        rules = tuple(replace(rule, destination_url=self._moved(rule.destination_url)) for rule in link.rules)
        return replace(link, destination_url=self._moved(link.destination_url), rules=rules)

    def touches(self, link: Link) -> bool:
        """Whether the link would come out changed, or could not come out at all."""
        try:
            return self.apply(link) != link
        except UrlProblem:
            return True

    def _moved(self, text: str) -> str:
        moved = self._replaced(text)
        if moved != text:
            check_destination(moved)
        return moved

    def _replaced(self, text: str) -> str:
        if self.kind is RewriteKind.PAGE:
            return self.new
        if self.kind is RewriteKind.PREFIX:
            # Where the prefix ends inside the host, another host would be taken for it.
            same_host = text.startswith(self.old) and host_of(text) == host_of(self.old)
            return self.new + text[len(self.old) :] if same_host else text
        parts = _PARTS.fullmatch(text)
        if parts is None or not self._is_old(text):
            return text
        scheme, authority, rest = parts.groups()
        return f"{scheme}{self._authority(authority)}{rest}"

    def _is_old(self, text: str) -> bool:
        name, port = _split(self.old)
        if name_of_host(text) != name_of_host(f"http://{name}/"):
            return False
        return not port or _port(text) == port

    def _authority(self, before: str) -> str:
        name, port = _split(self.new)
        if not port and not _split(self.old)[1]:
            port = _split(before)[1]
        return f"{name}:{port}" if port else name


def _split(host: str) -> tuple[str, str]:
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and port.isdigit() else (host, "")


def _port(text: str) -> str:
    return _split(host_of(text))[1] or ("443" if text[:6].lower() == "https:" else "80")
