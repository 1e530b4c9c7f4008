"""The landing pages really answer, hang, refuse, redirect, fail; and the platform's check really looks."""

from __future__ import annotations

import ssl
import time
from urllib.parse import urlsplit

import httpx
import pytest

from console.practice.landing import Page, Site
from console.practice.server import PracticeServer


def visit(practice: PracticeServer, slug: str) -> httpx.Response:
    """Visit a link's destination as a browser would: *.localhost is this machine."""
    url = urlsplit(practice.platform.link(slug)["destinationUrl"])
    patience = httpx.Timeout(60, read=0.4 if slug == "hang-page" else 60)
    where = f"{url.scheme}://127.0.0.1:{url.port}{url.path}"
    return httpx.get(where, headers={"Host": url.netloc}, timeout=patience)


@pytest.mark.parametrize(
    ("slug", "status"),
    [("docs", 200), ("spring-launch", 503), ("old-page", 404), ("moved-page", 302), ("wall-page", 403)],
)
def test_pages_answer_as_told(practice: PracticeServer, slug: str, status: int) -> None:
    assert visit(practice, slug).status_code == status


@pytest.mark.parametrize(
    ("slug", "error"),
    [
        ("vip-preview", httpx.ConnectError),
        ("hang-page", httpx.ReadTimeout),
        ("cut-page", httpx.RemoteProtocolError),
        ("tls-page", httpx.ConnectError),
    ],
)
def test_pages_fail_as_told(practice: PracticeServer, slug: str, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        visit(practice, slug)
    if slug == "tls-page":
        assert isinstance(raised.value.__cause__.__context__, ssl.SSLError) or "SSL" in str(raised.value)


def test_chains_end_and_loops_do_not(practice: PracticeServer) -> None:
    def follow(slug: str) -> httpx.Response:
        url = urlsplit(practice.platform.link(slug)["destinationUrl"])
        headers = {"Host": url.netloc}
        with httpx.Client(base_url=practice.landing_base, headers=headers, follow_redirects=True) as client:
            return client.get(url.path, timeout=60)

    end = follow("moved-page")
    assert (end.status_code, len(end.history)) == (200, 3)
    with pytest.raises(httpx.TooManyRedirects):
        follow("loop-page")
    assert "not found" in visit(practice, "soft-page").text.lower()


def test_an_outage_is_switched_off_and_on(practice: PracticeServer) -> None:
    practice.end_outage("shop")
    assert visit(practice, "spring-launch").status_code == 200
    assert visit(practice, "vip-preview").status_code == 200
    practice.start_outage("shop")
    assert visit(practice, "spring-launch").status_code == 503
    with pytest.raises(httpx.ConnectError):
        visit(practice, "vip-preview")


def test_visits_are_remembered(practice: PracticeServer) -> None:
    visit(practice, "docs")
    assert practice.platform.landing.hits["docs.localhost/start"] == 1
    assert "authorization" not in practice.platform.landing.visits[-1].headers


def test_a_short_link_redirects_and_counts(practice: PracticeServer, api) -> None:
    before = practice.platform.link("docs")["clicks"]

    def follow(slug: str) -> httpx.Response:
        return httpx.get(f"{practice.landing_base}/{slug}", headers={"Host": "go.localhost"}, timeout=60)

    answer = follow("docs")
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        practice.platform.link("docs")["destinationUrl"],
    )
    assert practice.platform.link("docs")["clicks"] == before + 1
    practice.platform.edit("docs", enabled=False)
    assert follow("docs").status_code == 404
    practice.platform.edit("docs", enabled=True, expires_at="2020-01-01T00:00:00Z")
    assert follow("docs").status_code == 410


WORDS = {
    "spring-launch": ("unhealthy", 503, None),
    "vip-preview": ("unhealthy", None, "connection refused"),
    "docs": ("healthy", 200, None),
    "partner-spring": ("slow", 200, None),
    "hang-page": ("timeout", None, "timeout"),
    "old-page": ("unhealthy", 404, None),
    "moved-page": ("healthy", 200, None),
    "loop-page": ("unhealthy", None, "too many redirects"),
    "soft-page": ("healthy", 200, None),
    "wall-page": ("blocked", 403, None),
    "tls-page": ("unhealthy", None, "tls"),
    "cut-page": ("unhealthy", None, "cut"),
}


def words(results: list[dict]) -> dict[str, tuple]:
    return {r["slug"]: (r["status"], r.get("statusCode"), r.get("error")) for r in results}


def test_the_check_sees_each_page_as_it_is(api, practice: PracticeServer) -> None:
    practice.platform.manners.slow_ms = 200
    body = api.post("/links/health-check", json={"timeoutMs": 700}).json()
    assert body["finished"] is True
    assert words(body["results"]) == WORDS
    assert words(api.get("/links/health-check").json()["results"]) == WORDS
    assert (
        api.get("/links/health-check", params={"runId": body["runId"]}).json()["results"] == body["results"]
    )


def test_a_busy_machine_makes_no_page_slow(api, practice: PracticeServer) -> None:
    practice.platform.manners.slow_ms = 0
    practice.platform.landing.set_site("moved", Site(Page.CHAIN, delay=0.01))
    slugs = ["docs", "moved-page", "soft-page"]
    body = api.post("/links/health-check", json={"slugs": slugs, "timeoutMs": 100}).json()
    told = {slug: ("slow" if slug == "moved-page" else "healthy", 200, None) for slug in slugs}
    assert words(body["results"]) == told


def test_the_last_check_before_we_came_says_since_when(api, practice: PracticeServer) -> None:
    results = {r["slug"]: r for r in api.get("/links/health-check").json()["results"]}
    assert practice.platform.landing.hits == {}
    assert results["spring-launch"]["failingSince"] == practice.platform.link("spring-launch")["updatedAt"]
    assert results["vip-preview"]["failingSince"] < results["spring-launch"]["failingSince"]
    assert "failingSince" not in results["docs"]


def test_a_failure_keeps_its_start_until_it_ends(api, practice: PracticeServer) -> None:
    def since() -> str | None:
        body = api.post("/links/health-check", json={"slugs": ["spring-launch"]}).json()
        return body["results"][0].get("failingSince")

    first = since()
    practice.platform.advance(60)
    assert since() == first
    practice.platform.landing.recover("shop")
    assert since() is None
    practice.platform.landing.take_down("shop")
    assert since() > first


def test_a_check_names_what_it_does_not_know_and_never_leaves(api, practice: PracticeServer) -> None:
    practice.platform.edit("docs", destination_url="https://example.com/")
    practice.platform.edit("wall-page", destination_url="http://198.51.100.7/")
    body = api.post("/links/health-check", json={"slugs": ["docs", "nothing", "wall-page"]}).json()
    assert words(body["results"]) == {
        "docs": ("unhealthy", None, "dns"),
        "wall-page": ("unhealthy", None, "connection refused"),
        "nothing": ("unknown", None, "not found"),
    }


def test_many_links_make_a_run_that_is_polled(api, practice: PracticeServer) -> None:
    practice.platform.manners.checks_at_once = 3
    practice.platform.landing.set_site("hang", Site(Page.OK, delay=0.2))
    started = api.post("/links/health-check", json={})
    assert (started.status_code, started.json()["finished"]) == (202, False)
    run_id = started.json()["runId"]
    patience = time.monotonic() + 60
    body = started.json()
    while not body["finished"] and time.monotonic() < patience:
        body = api.get("/links/health-check", params={"runId": run_id}).json()
    assert (len(body["results"]), body["total"]) == (12, 12)
    assert api.get("/links/health-check", params={"runId": "run_x"}).status_code == 404
