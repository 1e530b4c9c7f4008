"""`repoint whoami`: operator, role, plan and the token's life."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = "repoint whoami"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(args: argparse.Namespace) -> int:
    """Ask the platform who we are."""
    return in_session(args, _whoami)


async def _whoami(session: Session, out: Output, _args: argparse.Namespace) -> int:
    from console import documents

    identity = await session.introduce()
    target = session.target
    document = {
        "operator": identity.operator or target.operator,
        "name": identity.name or None,
        "role": identity.role.label,
        "handle": target.handle,
        "plan": identity.plan or None,
        "profile": target.profile,
        "environment": target.environment,
        "base_url": target.base_url,
        "token_id": identity.token_id or None,
        "token_expires_at": documents.when(identity.token_expires_at),
        "token_signature": session.signature.signature.value if session.signature else None,
        "handles": [{"handle": h, "role": r.label} for h, r in identity.handles],
    }
    lines = [(f"{key.replace('_', ' '):<17}", str(value)) for key, value in document.items() if value]
    lines = [line for line in lines if not line[0].startswith("handles")]
    out.result(document, [*lines, *([session.signature.sentence] if session.signature else [])])
    return ExitCode.DONE
