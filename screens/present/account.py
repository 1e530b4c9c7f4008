"""Who we are, and what the token is worth, line by line."""

from __future__ import annotations

from datetime import datetime

from rich.style import Style
from rich.text import Text

from console.domain.target import Role
from console.ops.access.account import Account
from screens.present.cells import fit, joined
from screens.present.words import duration
from screens.present.wrapping import wrap
from screens.themes import Look

_NAME = 10
_SHORT = 600.0
"""Seconds of token life below which it is shown as a warning."""


def account_lines(found: Account, look: Look, width: int, now: datetime) -> list[Text]:
    """The profile and token view; a blank line at its end."""
    target = found.target
    environment = look.environment(target.environment, production=target.is_production)
    lines = _line(
        "profile", f"{target.profile}, {target.environment}{_guarded(found)}", environment, look, width
    )
    lines += _line("platform", f"{target.base_url}, handle {target.handle}", look.text, look, width)
    lines += _line("you", _who(found), look.text, look, width)
    words, style = _token(found, look, now)
    lines += _line("token", words, style, look, width)
    lines += _line("from", found.origin, look.text, look, width)
    if found.kind:
        lines += _line("scopes", ", ".join(found.scopes) or "the token does not say", look.text, look, width)
    if found.signature:
        lines += _line("signature", found.signature, look.muted, look, width)
    if found.trouble:
        lines += _line("note", found.trouble, look.slow, look, width)
    return [*lines, Text()]


def _guarded(found: Account) -> str:
    if found.armed_seconds is None:
        return ""
    return f", armed for {duration(found.armed_seconds)}" if found.armed_seconds else ", protected: read-only"


def _who(found: Account) -> str:
    who = found.name or found.target.operator or "not signed in"
    if found.target.operator not in {"", who}:
        who += f" ({found.target.operator})"
    parts = [who]
    if found.target.role is not Role.UNKNOWN:
        parts.append(found.target.role.label)
    if found.plan:
        parts.append(f"plan {found.plan}")
    return ", ".join(parts)


def _token(found: Account, look: Look, now: datetime) -> tuple[str, Style]:
    if not found.kind:
        return "none", look.slow
    words = f"{found.kind} {found.token_id}".rstrip()
    if found.expires_at is None:
        return f"{words}, does not say when it ends", look.text
    left = (found.expires_at - now).total_seconds()
    if left <= 0:
        return f"{words}, ended {duration(-left)} ago", look.slow
    return f"{words}, good for another {duration(left)}", look.slow if left < _SHORT else look.text


def _line(name: str, words: str, style: Style, look: Look, width: int) -> list[Text]:
    rows = wrap(look.say(words), max(16, width - _NAME))
    return [
        joined([(fit(name if at == 0 else "", _NAME, ""), look.muted), (row, style)])
        for at, row in enumerate(rows)
    ]
