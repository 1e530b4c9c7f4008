"""The faults are what a client would meet on a real line: on sockets, and in-process."""

from __future__ import annotations

import json

import httpx
import pytest

from console.practice.faults import Kind
from console.practice.platform import PracticePlatform
from console.practice.server import PracticeServer
from tests.support.waiting import until

ROLLBACK = "/links/spring-launch/rollback"
COMMITTING = [kind for kind in Kind if kind.value.startswith("commit_then")]


HANGING = {Kind.COMMIT_THEN_HANG, Kind.BEFORE_HANG}
CUT = "the line was cut"


def roll(api: httpx.Client, patience: float = 30.0, **more) -> httpx.Response:
    return api.post(ROLLBACK, json={"version": 8}, timeout=patience, **more)


def outcome(api: httpx.Client, patience: float) -> object:
    """What a client sees: a status, or the name of the exception."""
    try:
        answer = roll(api, patience)
        json.loads(answer.content)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        return CUT  # which of them is the kernel's choice: a reset may overtake what was sent before it
    except (httpx.HTTPError, ValueError) as error:
        return type(error).__name__
    return answer.status_code


SEEN = {
    Kind.COMMIT_THEN_502: "JSONDecodeError",
    Kind.COMMIT_THEN_ANSWER: 503,
    Kind.COMMIT_THEN_HTML: "JSONDecodeError",
    Kind.COMMIT_THEN_HANG: "ReadTimeout",
    Kind.COMMIT_THEN_CLOSE: CUT,
    Kind.COMMIT_THEN_HALF: CUT,
    Kind.COMMIT_THEN_429: 429,
    Kind.COMMIT_THEN_GZIP_CUT: "JSONDecodeError",
    Kind.COMMIT_THEN_RST: CUT,
    Kind.BEFORE_CLOSE: CUT,
    Kind.BEFORE_HANG: "ReadTimeout",
    Kind.BEFORE_RST: CUT,
    Kind.ANSWER: 503,
    Kind.DAY_SPENT: 429,
    Kind.THROTTLE: 429,
    Kind.HTML_200: "JSONDecodeError",
    Kind.NO_ROUTE: 404,
    Kind.RAW: CUT,
    Kind.REDIRECT: "JSONDecodeError",
}


@pytest.mark.parametrize("kind", SEEN)
def test_a_fault_strikes_once_and_commits_or_not(api, practice: PracticeServer, kind: Kind) -> None:
    practice.platform.faults.add(kind, path="/rollback$", method="POST")
    assert outcome(api, 0.3 if kind in HANGING else 30.0) == SEEN[kind]
    until(lambda: bool(practice.platform.requests) and practice.platform.requests[-1].fault == kind.value)
    until(lambda: len(practice.platform.events) == (kind in COMMITTING))
    assert api.get("/links/docs").status_code == 200
    if kind not in COMMITTING:
        assert roll(api).status_code == 200


def test_a_lost_answer_is_given_again_for_its_key(api, practice: PracticeServer) -> None:
    practice.platform.faults.add(Kind.COMMIT_THEN_CLOSE, path="/rollback$")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        roll(api, headers={"Idempotency-Key": "k"})
    again = roll(api, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.headers["idempotent-replay"]) == (200, "true")
    assert len(practice.platform.events) == 1


def test_faults_can_wait_repeat_and_be_cleared(api, practice: PracticeServer) -> None:
    fault = practice.platform.faults.add(
        "answer", path="/links/docs$", method="GET", status=502, skip=1, times=2
    )
    assert [api.get("/links/docs").status_code for _ in range(4)] == [200, 502, 502, 200]
    assert fault.hits == 2
    practice.platform.faults.add("answer", status=500, times=None)
    assert api.get("/links/docs").status_code == 500
    practice.platform.faults.clear()
    assert api.get("/links/docs").status_code == 200


@pytest.mark.parametrize("text", ["1", "0", "-5", "1e20", "soon", "Wed, 21 Oct 2015 07:28:00 GMT", "1, 9"])
def test_a_throttle_says_whatever_it_was_told(api, practice: PracticeServer, text: str) -> None:
    practice.platform.faults.add(Kind.THROTTLE, retry_after=text)
    assert api.get("/links").headers["retry-after"] == text


def test_a_drip_never_ends_by_itself(api, practice: PracticeServer) -> None:
    practice.platform.faults.add(Kind.DRIP, seconds=0.01)
    with api.stream("GET", "/links", timeout=1.0) as answer:
        parts = answer.iter_raw()
        assert b"".join(next(parts) for _ in range(5)).startswith(b"{ ")


def test_a_big_body_is_as_big_as_asked(api, practice: PracticeServer) -> None:
    practice.platform.faults.add(Kind.BIG_BODY, size=3_000_000)
    assert len(api.get("/links").content) > 3_000_000


def test_raw_bytes_go_out_as_they_are(api, practice: PracticeServer) -> None:
    raw = b"HTTP/1.1 999 Odd\r\ncontent-length: 2\r\n\r\n{}"
    practice.platform.faults.add(Kind.RAW, body=raw)
    assert api.get("/links").status_code == 999


def test_a_redirect_points_elsewhere(api, practice: PracticeServer) -> None:
    practice.platform.faults.add(Kind.REDIRECT, status=307, location="https://evil.example/")
    answer = api.get("/links")
    assert (answer.status_code, answer.headers["location"]) == (307, "https://evil.example/")


def test_a_rival_acts_between_reading_and_writing(api, practice: PracticeServer) -> None:
    platform = practice.platform
    platform.faults.rival(lambda: platform.edit("spring-launch", "kim"), path="/rollback$")
    answer = api.post(ROLLBACK, json={"version": 8, "expectedVersion": 9})
    assert answer.status_code == 409
    assert answer.json()["currentVersion"] == 10
    assert [(e.by, e.before_version, e.after_version) for e in platform.events] == [("kim", 9, 10)]


def test_a_rival_acts_after_the_answer(api, practice: PracticeServer) -> None:
    platform = practice.platform
    platform.faults.rival(lambda: platform.edit("docs", "kim"), path="/docs/history$", after=True)
    assert api.get("/links/docs/history").json()["currentVersion"] == 3
    assert api.get("/links/docs/history").json()["currentVersion"] == 4


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Kind.COMMIT_THEN_CLOSE, httpx.RemoteProtocolError),
        (Kind.COMMIT_THEN_RST, httpx.ReadError),
        (Kind.COMMIT_THEN_HALF, httpx.RemoteProtocolError),
        (Kind.RAW, httpx.RemoteProtocolError),
    ],
)
async def test_in_process_a_fault_raises_what_a_socket_would(kind: Kind, error: type[Exception]) -> None:
    platform = PracticePlatform("tiny")
    platform.faults.add(kind, path="/rollback$")
    headers = {"Authorization": f"Bearer {platform.token}"}
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://practice", headers=headers) as client:
        with pytest.raises(error):
            await client.post(f"/v2/handles/acme{ROLLBACK}", json={"version": 8})
    assert len(platform.events) == (kind in COMMITTING)
    platform.close()
