"""Signatures of JWTs against a key of the profile, by the rules of RFC 8725."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from doctor_support import by_name, environ, examined

from console.domain.errors import SignInNeeded
from console.domain.target import Secret
from console.ops.access.signatures import Signature, require_good_signature, signature_of
from console.ops.connect import connect
from console.ops.doctor.values import Grade
from console.ops.profiles.profile import load_profile
from console.practice.server import PracticeServer

RSA = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
BODY = {"sub": "dana", "exp": 1}


def pem(folder: Path, key: Any = RSA) -> Path:
    path = folder / "key.pem"
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def jwks(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": list(entries)}))
    return path


def entry(key: Any = RSA, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kid": "one", "use": "sig", **made, **more}


def signed(key: Any = RSA, alg: str = "RS256", **headers: Any) -> Secret:
    return Secret(jwt.encode(BODY, key, algorithm=alg, headers=headers))


@pytest.mark.parametrize(
    ("key", "alg"),
    [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (ED, "EdDSA")],
    ids=["RS", "PS", "ES", "Ed"],
)
def test_the_right_key_verifies_and_an_ended_token_too(tmp_path: Path, key: Any, alg: str) -> None:
    assert signature_of(signed(key, alg), pem(tmp_path, key), None).signature is Signature.GOOD


def forged_with_the_public_key(path: Path) -> Secret:
    """The oldest trick: an HMAC whose shared secret is the public key's file."""
    import base64
    import hashlib
    import hmac

    def b64(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = ".".join(b64(json.dumps(part).encode()) for part in ({"alg": "HS256"}, BODY))
    return Secret(f"{head}.{b64(hmac.new(path.read_bytes(), head.encode(), hashlib.sha256).digest())}")


def test_what_the_key_did_not_sign_is_bad(tmp_path: Path) -> None:
    path = pem(tmp_path)
    none = Secret(jwt.encode(BODY, None, algorithm="none"))
    for token in (
        signed(OTHER),
        signed(EC, "ES256"),
        none,
        forged_with_the_public_key(path),
        Secret("x.y.z"),
    ):
        found = signature_of(token, path, None)
        assert found.signature is Signature.BAD
        assert found.remedy
        assert token.reveal() not in found.sentence


def test_a_key_set_is_read_by_key_id_and_nothing_is_fetched(tmp_path: Path) -> None:
    file = jwks(tmp_path, entry(OTHER, kid="two"), entry())
    assert signature_of(signed(kid="one"), None, file).signature is Signature.GOOD
    assert signature_of(signed(kid="two"), None, file).signature is Signature.BAD
    assert signature_of(signed(kid="three"), None, file).signature is Signature.BAD
    # Were the address followed, the guard of the tests would stop it with an AssertionError.
    away = signed(OTHER, kid="nine", jku="https://203.0.113.9/jwks", x5u="https://203.0.113.9/x")
    assert signature_of(away, None, file).signature is Signature.BAD


def test_shared_secrets_and_foreign_entries_of_a_key_set_are_passed_over(tmp_path: Path) -> None:
    shared = {
        "kty": "oct",
        "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA",
        "kid": "one",
        "alg": "HS256",
    }
    by_secret = Secret(jwt.encode(BODY, b"secret-secret-secret-secret-secret", headers={"kid": "one"}))
    file = jwks(tmp_path, shared, {"kty": "RSA", "kid": "one"}, entry(use="enc"), entry(alg="HS256"))
    assert signature_of(by_secret, None, file).signature is Signature.BAD
    assert signature_of(signed(kid="one"), None, file).signature is Signature.BAD


def test_a_file_that_holds_no_key_cannot_check(tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_text("not a key")
    small = pem(tmp_path, rsa.generate_private_key(65537, 1024))
    for key, keys in ((junk, None), (None, junk), (tmp_path / "gone", None), (small, None)):
        found = signature_of(signed(), key, keys)
        assert found.signature is Signature.CANNOT
        assert "cannot be checked" in found.sentence


async def test_a_session_knows_what_its_key_said(practice: PracticeServer, tmp_path: Path) -> None:
    class Token:
        async def get(self) -> Secret:
            return signed()

    for env, wanted in (({"REPOINT_JWT_KEY": str(pem(tmp_path))}, Signature.GOOD), ({}, Signature.UNCHECKED)):
        session = await connect(load_profile(environ=environ(practice, **env)), tokens=Token())
        assert session.signature is not None
        assert session.signature.signature is wanted
        await session.close()


async def test_a_session_is_not_opened_with_a_token_that_the_key_did_not_sign(
    practice: PracticeServer, tmp_path: Path
) -> None:
    env = environ(practice, REPOINT_JWT_KEY=str(pem(tmp_path)))
    profile = load_profile(environ=env)

    class Token:
        async def get(self) -> Secret:
            return Secret(practice.token)

    with pytest.raises(SignInNeeded, match="signature is not good"):
        await connect(profile, tokens=Token())
    assert require_good_signature(Secret(practice.pat), profile).signature is Signature.UNCHECKED
    found = by_name(await examined(env))
    assert found["token_signature"].grade is Grade.FAIL
    assert found["route_me"].grade is Grade.SKIPPED
