"""Whether a JWT's signature is that of a key that the profile names. Source: RFC 8725.

The algorithm is the key's, never the token's word (section 3.1); `none` and shared secrets are refused
(3.2, 3.5); keys come from files of this machine, and `jku`, `x5u` and `jwk` in a token are not followed
(3.10). Expiry is judged elsewhere: a wrong clock must not look like a forged token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.domain.errors import ConfigProblem, SignInNeeded
from console.domain.target import Secret
from console.domain.text import safe

if TYPE_CHECKING:
    from console.ops.profiles.profile import Profile

_MOST_BYTES: Final = 256 * 1024
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_BY_CURVE: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "secp256r1": "ES256",
                    "secp384r1": "ES384", "secp521r1": "ES512"}  # fmt: skip
_SMALLEST_RSA: Final = 2048


class Signature(Enum):
    """What is known of a token's signature."""

    GOOD = "good"
    BAD = "bad"
    UNCHECKED = "unchecked"
    """No key is configured."""
    CANNOT = "cannot"
    """A key is configured and cannot be used."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A signature, told in one sentence."""

    signature: Signature
    sentence: str
    remedy: str = ""


def signature_of(secret: Secret, jwt_key: Path | None, jwks_file: Path | None) -> Checked:
    """Check a JWT's signature against the key file or the key set of the profile; nothing is fetched."""
    if jwt_key is None and jwks_file is None:
        return Checked(
            Signature.UNCHECKED,
            "The token's signature is not checked here (no jwt_key or jwks_file); the platform checks it.",
        )
    if find_spec("cryptography") is None:
        return Checked(
            Signature.CANNOT,
            "The token's signature cannot be checked: the support for it is not installed.",
            "pip install 'repoint[jwt-signatures]'",
        )
    try:
        return _against(secret, jwt_key, jwks_file)
    except ConfigProblem as problem:
        return Checked(Signature.CANNOT, f"{problem.title}.", problem.hint)


def _against(secret: Secret, jwt_key: Path | None, jwks_file: Path | None) -> Checked:
    import jwt

    try:
        header = jwt.get_unverified_header(secret.reveal())
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return _bad("it is no JWT that can be read")
    told = safe(header.get("alg", ""), 20)
    for key, algorithms in _keys(jwt_key, jwks_file, header.get("kid")):
        if header.get("alg") in algorithms:
            if _verified(secret, key, algorithms):
                return Checked(Signature.GOOD, f"The token's signature is verified ({told}).")
            return _bad("it was not made with the configured key")
    return _bad(f"its algorithm ({told or 'none'}) or key id is not that of a configured key")


def require_good_signature(secret: Secret, profile: Profile) -> Checked:
    """Refuse a JWT whose signature a configured key does not confirm; GOOD, or UNCHECKED without a key.

    Raises:
        SignInNeeded: it does not, or it cannot be checked although that was asked for.
    """
    if secret.reveal().startswith("patv1_"):
        return Checked(Signature.UNCHECKED, "A PAT carries no signature; the platform checks it.")
    checked = signature_of(secret, profile.jwt_key, profile.jwks_file)
    if checked.signature in {Signature.BAD, Signature.CANNOT}:
        raise SignInNeeded(checked.sentence.rstrip("."), detail="Nothing was sent.", hint=checked.remedy)
    return checked


def _bad(why: str) -> Checked:
    return Checked(
        Signature.BAD,
        f"The token's signature is not good: {why}.",
        "Do not use it. Check where it came from, and jwt_key or jwks_file in the profile",
    )


def _verified(secret: Secret, key: Any, algorithms: tuple[str, ...]) -> bool:  # noqa: ANN401 - a library's key
    import jwt

    try:
        jwt.api_jws.decode_complete(secret.reveal(), key, algorithms=list(algorithms))
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError):
        return False
    return True


def _keys(jwt_key: Path | None, jwks_file: Path | None, kid: object) -> list[tuple[Any, tuple[str, ...]]]:
    """Each usable key with the algorithms that it may be used with."""
    if jwt_key is not None:
        return [_public_key(jwt_key)]
    assert jwks_file is not None
    import jwt

    try:
        entries = [dict(entry) for entry in json.loads(_read(jwks_file))["keys"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _unusable(jwks_file, "is no key set (JSON with `keys`)") from None
    keys: list[tuple[Any, tuple[str, ...]]] = []
    for entry in entries:
        if entry.get("kty") not in {"RSA", "EC", "OKP"} or entry.get("use", "sig") != "sig":
            continue  # a shared secret, or a key for something else
        if kid is not None and entry.get("kid") != kid:
            continue
        try:
            key = jwt.PyJWK(entry)  # reads the key's own numbers; a `jku` or `x5u` stays where it is
        except (jwt.PyJWTError, ValueError, TypeError):
            continue  # of a kind that this library does not know: another may fit
        if not key.algorithm_name.startswith("HS"):
            keys.append((key.key, (key.algorithm_name,)))
    return keys


def _public_key(path: Path) -> tuple[Any, tuple[str, ...]]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise _unusable(path, "holds no public key in PEM form") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SMALLEST_RSA:
        return key, _RSA
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _BY_CURVE:
        return key, (_BY_CURVE[key.curve.name],)
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return key, ("EdDSA",)
    raise _unusable(path, "holds a key that is too short or of a kind that no JWT uses")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror}") from None
    if len(data) > _MOST_BYTES:
        raise _unusable(path, "is larger than any key")
    return data


def _unusable(path: Path, why: str) -> ConfigProblem:
    return ConfigProblem(
        f"The token's signature cannot be checked: {safe(path, 200)} {why}",
        hint="jwt_key names a public key in PEM form, jwks_file a key set; see the profile",
    )
