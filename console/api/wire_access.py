"""401 and 403, code by code, in an operator's words with the next step (platform-api, "Errors")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from console.api.wire_values import first
from console.domain.errors import SignInNeeded
from console.domain.links import JSON
from console.domain.text import safe

_SIGN_IN: Final = "Get a new token and sign in again: `repoint login`."
_CODES: Final[Mapping[str, tuple[str, str]]] = {
    "missing_bearer_token": ("The platform got no token", _SIGN_IN),
    "invalid_token": ("The platform does not accept this token", f"Is it for this platform? {_SIGN_IN}"),
    "invalid_token_format": (
        "The platform does not recognise this as a token",
        f"Check that it was copied whole. {_SIGN_IN}",
    ),
    "token_expired": ("The token has expired", _SIGN_IN),
    "token_revoked": ("The token was revoked", f"Ask who revoked it. {_SIGN_IN}"),
    "insufficient_role": (
        "Your role does not allow this",
        "Ask an owner of the handle for the role, or hand over to somebody who has it.",
    ),
    "insufficient_scope": (
        "This token's scopes do not allow this",
        "Use a token with the scope links.write, or sign in with a JWT.",
    ),
    "feature_locked": ("The plan does not include this", "Ask the account's owner about the plan."),
    "forbidden": ("The platform forbids this", "Check the handle in the profile, and your role on it."),
}
_BY_STATUS: Final[Mapping[int, tuple[str, str]]] = {
    401: ("The platform does not know who we are", _SIGN_IN),
    403: (
        "The platform, or something in front of it, forbids this",
        "Check the token's kind (a PAT works on its own routes only), the handle, and your role on it.",
    ),
}


def sign_in_needed(
    status: int, code: str, message: str, fields: Mapping[str, JSON], request_id: str | None
) -> SignInNeeded:
    """The error for a 401 or 403. Nothing was applied: the platform turned the request away."""
    title, hint = _CODES.get(code) or _BY_STATUS[status]
    needed = first(fields, "requiredPlan", "requiredRole", "requiredScope")
    feature = fields.get("feature")
    details = [
        f"{safe(feature, 60)} needs {safe(needed, 40)}." if feature and needed else "",
        f"It needs {safe(needed, 40)}." if needed and not feature else "",
        f"The platform says: {safe(message, 300)}" if message else "",
    ]
    return SignInNeeded(
        f"{title} ({status})",
        detail=" ".join(d for d in details if d),
        hint=hint,
        request_id=request_id,
        status=status,
        platform_code=safe(code, 80),
    )
