"""What the practice platform publishes about itself is true: schemathesis tries every operation."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from console.practice.landing import Site
from console.practice.openapi import document
from console.practice.platform import ROUTES, PracticePlatform
from console.practice.server import PracticeServer

EXAMPLES = 10
SPOKEN = [route for route in ROUTES if route.name != "read this document"]
HOSTS = ("example.com", "docs.localhost", "a.example:8080")

schemathesis.openapi.format(
    "web-address",
    st.builds(
        lambda scheme, host, path: f"{scheme}://{host}/{path}",
        st.sampled_from(("http", "https")),
        st.sampled_from(HOSTS),
        st.text("abc-_/09", max_size=12),
    ),
)
config = schemathesis.Config.from_dict(
    {
        "checks": {
            # A precondition or a used key may refuse what the schema allows: the state decides.
            "positive_data_acceptance": {"expected-statuses": ["2xx", 401, 403, 404, 409, 412, 422]},
            "negative_data_rejection": {
                "expected-statuses": [400, 401, 403, 404, 405, 409, 412, 413, 415, 422]
            },
        },
        # Query parameters that nobody knows are ignored, as everywhere; they make no request wrong.
        "generation": {"allow-extra-parameters": False},
    }
)
schema = schemathesis.openapi.from_dict(document(SPOKEN, "acme"), config=config)


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    with PracticeServer("tiny") as server:
        server.platform.landing.set_site("hang", Site())
        yield server


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_operation_keeps_its_word(case, server: PracticeServer) -> None:
    server.platform.set_used(0)
    token = server.pat if "/public/" in case.path else server.token
    case.call_and_validate(base_url=server.base_url, headers={"Authorization": f"Bearer {token}"})


def test_the_document_is_published_and_names_every_route(practice: PracticeServer) -> None:
    published = httpx.get(f"{practice.base_url}/openapi.json").json()
    served = {(method.upper(), path) for path, methods in published["paths"].items() for method in methods}
    planes = ("/v2/handles/{handle}", "/v2/public/handles/{handle}")
    assert served == {
        (route.method, plane + route.path) for route in SPOKEN for plane in (planes if route.twin else ("",))
    }


async def test_the_app_is_usable_without_a_server() -> None:
    platform = PracticePlatform("tiny")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(platform.app), base_url="http://practice",
        headers={"Authorization": f"Bearer {platform.token}"},
    ) as client:  # fmt: skip
        assert (await client.get("/v2/handles/acme/links/docs")).status_code == 200
    platform.close()
