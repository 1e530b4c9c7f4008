"""The doctor on the platform: line, token, role, writes, and every route's answer."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
import ssl
from pathlib import Path

import pytest
import trustme
from doctor_support import by_name, environ, examined

from console.domain.target import Role
from console.ops.doctor.account import ROUTES
from console.ops.doctor.line import clock_finding, line_findings
from console.ops.doctor.values import Grade
from console.ops.profiles.profile import Profile
from console.practice.server import PracticeServer
from tests.support.rawserver import Talk, raw_server

NOW = dt.datetime(2026, 11, 24, 14, 2, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
LONG_AGO = {"not_after": NOW - 900 * DAY, "not_before": NOW - 999 * DAY}


async def test_all_is_well_and_looking_spends_nothing(serve: object, tmp_path: Path, home: Path) -> None:
    log = tmp_path / "requests.ndjson"
    server: PracticeServer = serve("tiny", requests_log=log)  # type: ignore[operator]
    found = by_name(await examined(environ(server)))
    assert {f.name for f in found.values() if f.grade is not Grade.OK} == set()
    assert set(ROUTES) <= set(found)
    asked = [json.loads(line) for line in log.read_text().splitlines()]
    assert {a["method"] for a in asked} == {"GET"}
    assert server.platform.writes_today == 0
    assert not (home / "cache").exists()


async def test_with_a_pat_the_twins_are_asked_and_writes_are_not_counted(practice: PracticeServer) -> None:
    found = by_name(await examined(environ(practice, REPOINT_TOKEN=practice.pat)))
    assert "PAT" in found["token"].sentence
    assert "token_signature" not in found
    assert found["route_history"].grade is Grade.OK
    assert found["budget"].sentence == "Writes with this token are not counted."


@pytest.mark.parametrize(
    ("path", "name", "grade"),
    [
        ("/system/health$", "route_health", Grade.FAIL),
        ("/auth/me$", "route_me", Grade.FAIL),
        ("/links$", "route_links", Grade.FAIL),
        ("/links/[^/]+$", "route_link", Grade.FAIL),
        ("/history$", "route_history", Grade.FAIL),
        ("/health-check$", "route_health_check", Grade.FAIL),
    ],
)
async def test_an_answer_of_another_shape_is_named_by_its_route(
    practice: PracticeServer, path: str, name: str, grade: Grade
) -> None:
    practice.platform.faults.add("answer", method="GET", path=path, status=200, body=b"[[3", times=None)
    found = by_name(await examined(environ(practice)))
    assert found[name].grade is grade
    assert found[name].sentence.endswith(".")


@pytest.mark.parametrize(
    ("path", "name", "says"),
    [
        ("/usage-meters$", "route_meter", "Writes left are not known"),
        ("/links/export$", "route_export", "page by page"),
        ("/health-check$", "route_health_check", "this machine only"),
        ("/system/health$", "route_health", "Nothing depends on it"),
    ],
)
async def test_a_route_that_need_not_be_there_is_a_warning(
    practice: PracticeServer, path: str, name: str, says: str
) -> None:
    practice.platform.faults.add("no_route", method="GET", path=path, times=None)
    examination = await examined(environ(practice))
    found = by_name(examination)
    assert found[name].grade is Grade.WARN
    assert says in found[name].sentence
    assert Grade.FAIL not in {f.grade for f in examination.findings}


async def test_a_platform_that_hangs_is_asked_once(practice: PracticeServer) -> None:
    practice.platform.faults.add("before_hang", method="GET", path=".", times=None)
    found = by_name(await examined(environ(practice, REPOINT_TIMEOUT="0.3")))
    assert found["route_health"].grade is Grade.FAIL
    assert {found[n].grade for n in (*ROUTES[1:], "clock", "role", "budget")} == {Grade.SKIPPED}


async def test_role_and_writes(practice: PracticeServer) -> None:
    weak = practice.platform.tokens.jwt("kim", Role.CREATOR)
    practice.platform.set_used(500)
    found = by_name(await examined(environ(practice, REPOINT_TOKEN=weak)))
    assert found["role"].grade is Grade.WARN
    assert "creator" in found["role"].sentence
    assert found["budget"].grade is Grade.FAIL
    practice.platform.set_used(450)
    found = by_name(await examined(environ(practice)))
    assert found["budget"].grade is Grade.WARN
    assert "kept for rollbacks" in found["budget"].sentence


async def test_odd_tokens_are_told_and_an_ended_one_fails(practice: PracticeServer) -> None:
    tokens = practice.platform.tokens
    ended = by_name(await examined(environ(practice, REPOINT_TOKEN=tokens.jwt(lives=-10))))
    assert ended["token"].grade is Grade.FAIL
    assert "login" in ended["token"].remedy
    assert "expired" in ended["route_me"].sentence
    soon = by_name(await examined(environ(practice, REPOINT_TOKEN=tokens.jwt(lives=100))))
    assert soon["token"].grade is Grade.WARN
    odd = tokens.jwt(handle="other", nbf=4_000_000_000, exp="soon")
    claims = by_name(await examined(environ(practice, REPOINT_TOKEN=odd)))["token_claims"]
    assert claims.grade is Grade.WARN
    assert {"handle", "not good before", "exp is not a time"} <= {
        words for words in ("handle", "not good before", "exp is not a time") if words in claims.sentence
    }


async def test_without_a_token_the_platform_is_not_asked(practice: PracticeServer) -> None:
    practice.platform.faults.add("answer", path=".", status=500, times=None)
    found = by_name(await examined(environ(practice, REPOINT_TOKEN="")))
    assert found["token"].grade is Grade.FAIL
    assert found["route_me"].grade is Grade.SKIPPED
    assert found["permissions"].grade is Grade.OK


async def test_a_refused_connection_and_an_unknown_name(practice: PracticeServer) -> None:
    down = by_name(await examined(environ(practice, REPOINT_BASE_URL="http://127.0.0.1:9")))
    assert down["tls"].grade is Grade.FAIL
    assert "refused" in down["tls"].sentence
    assert down["route_me"].grade is Grade.SKIPPED
    gone = by_name(await examined(environ(practice, REPOINT_BASE_URL="https://no-such-host.invalid")))
    assert gone["dns"].grade is Grade.FAIL
    assert gone["tls"].grade is Grade.SKIPPED


def test_a_broken_profile_leaves_the_rest_to_be_looked_at(home: Path) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("[profiles.x\n")
    (home / "config.toml").chmod(0o600)
    found = by_name(asyncio.run(examined(environ(None))))
    assert found["profile"].grade is Grade.FAIL
    assert found["cache"].grade is Grade.SKIPPED
    assert found["journal"].grade is Grade.OK


async def silent(talk: Talk) -> None:
    await talk.reader.read()


@pytest.mark.parametrize(
    ("name", "more", "trusted", "grade", "words"),
    [
        ("localhost", {}, True, Grade.OK, "trusted and good until"),
        ("localhost", {"not_after": dt.datetime.now(dt.UTC) + 3 * DAY}, True, Grade.WARN, "ends on"),
        ("elsewhere.example", {}, True, Grade.FAIL, "another name"),
        ("localhost", LONG_AGO, True, Grade.FAIL, "expired"),
        ("localhost", {}, False, Grade.FAIL, "nobody that this machine trusts"),
    ],
    ids=["good", "ends soon", "wrong name", "expired", "unknown CA"],
)  # fmt: skip
async def test_certificates(  # noqa: PLR0917 - a table
    tmp_path: Path, name: str, more: dict[str, dt.datetime], trusted: bool, grade: Grade, words: str
) -> None:
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name, **more).configure_cert(context)
    file = tmp_path / "ca.pem"
    (ca if trusted else trustme.CA()).cert_pem.write_to_path(str(file))
    async with raw_server(silent, context) as server:
        profile = Profile("x", server.base_url, "acme", ca_file=file, timeout=5)
        found = {f.name: f for f in await line_findings(profile)}
        assert server.seen == b""
    assert found["tls"].grade is grade
    assert words in found["tls"].sentence


@pytest.mark.parametrize(
    ("header", "grade", "words"),
    [
        ("Tue, 24 Nov 2026 14:02:00 GMT", Grade.OK, "agrees"),
        ("Tue, 24 Nov 2026 14:02:59 GMT", Grade.OK, "agrees"),
        ("Tue, 24 Nov 2026 14:12:00 GMT", Grade.WARN, "10 min behind"),
        ("Tue, 24 Nov 2016 14:02:00 GMT", Grade.WARN, "days ahead of"),
        ("", Grade.OK, "does not tell"),
        ("yesterday", Grade.OK, "does not tell"),
        ("Tue, 99 Nov 99999999999 14:02:00 GMT", Grade.OK, "does not tell"),
    ],
)
def test_the_clock_is_compared_and_nothing_hangs_on_it(header: str, grade: Grade, words: str) -> None:
    found = clock_finding(header, NOW, NOW + dt.timedelta(seconds=1))
    assert (found.grade, words in found.sentence) == (grade, True)


async def test_no_finding_holds_the_token(practice: PracticeServer) -> None:
    practice.platform.faults.add(
        "answer", method="GET", path="/auth/me$", status=401,
        body={"error": "invalid_token", "message": f"bad: {practice.token}"}, times=None,
    )  # fmt: skip
    examination = await examined(environ(practice))
    said = " ".join(f.sentence + f.remedy for f in examination.findings)
    signature = practice.token.rpartition(".")[2]
    assert signature not in said
    assert base64.b64encode(practice.token.encode()).decode() not in said
