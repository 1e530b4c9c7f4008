"""Lookups: shared while fresh, never waited for on the way out."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
from probe_server import Names

from console.ops.probe import lookup as probe_lookup
from console.ops.probe.lookup import Lookups, SystemResolver


async def test_the_system_answers_on_its_own_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def getaddrinfo(host: object, *_: object, **__: object) -> list[object]:
        asked.append((host, threading.current_thread().daemon))
        if host == b"gone.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET, 1, 6, "", (address, 0)) for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    resolver = SystemResolver(threads=2)
    label = "x" * 80 + ".example"  # longer than the codec "idna" takes
    assert list(await resolver.lookup(label)) == ["192.0.2.1", "192.0.2.2"]
    with pytest.raises(socket.gaierror):
        await resolver.lookup("gone.example")
    assert asked == [(label.encode(), True), (b"gone.example", True)]


async def test_a_stuck_lookup_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: free.wait(120) and [])
    resolver = SystemResolver(threads=1)
    lookups = Lookups(resolver)
    waiting = [
        asyncio.create_task(lookups.addresses(name)) for name in ("a.example", "a.example", "b.example")
    ]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.wait([waiting[0]])
    assert not waiting[1].done()  # one who leaves takes nobody along
    await asyncio.wait_for(lookups.close(), 60)
    done, _ = await asyncio.wait(waiting, timeout=60)
    assert len(done) == 3
    free.set()


async def test_answers_are_kept_for_a_while_and_trouble_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(
        a_example=["192.0.2.1"],
        odd_example=socket.gaierror(socket.EAI_AGAIN, "try again"),
        gone_example=socket.gaierror(socket.EAI_NONAME, "none"),
    )
    lookups = Lookups(names)
    for _ in range(2):
        assert list(await lookups.addresses("a.example")) == ["192.0.2.1"]
        for name in ("odd.example", "gone.example"):
            with pytest.raises(socket.gaierror):
                await lookups.addresses(name)
    assert sorted(names.asked) == ["a.example", "gone.example", "odd.example", "odd.example"]
    monkeypatch.setattr(probe_lookup, "_KEEP_SECONDS", -1.0)
    fresh = Lookups(names)
    names.asked.clear()
    await fresh.addresses("a.example")
    await fresh.addresses("a.example")
    assert names.asked == ["a.example"] * 2
