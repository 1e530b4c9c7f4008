"""Clients for the practice platform's two planes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from console.practice.server import PracticeServer


@pytest.fixture
def api(practice: PracticeServer) -> Iterator[httpx.Client]:
    """The control plane, as the operator dana."""
    base = f"{practice.base_url}/v2/handles/{practice.handle}"
    headers = {"Authorization": f"Bearer {practice.token}"}
    with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def pat(practice: PracticeServer) -> Iterator[httpx.Client]:
    """The public twin, with dana's PAT."""
    base = f"{practice.base_url}/v2/public/handles/{practice.handle}"
    with httpx.Client(base_url=base, headers={"x-api-key": practice.pat}, timeout=60) as client:
        yield client
