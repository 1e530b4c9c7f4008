"""The prober against LinkChecker and linkinator, on the same pages in one run.

    python tests/bench/probe_peers.py --linkchecker PATH --linkinator PATH [--size 5000] [--hanging 0.02]

Each program is a process of its own and gets one page that lists the URLs. Pages come from a server on 254
loopback addresses, `hanging` of them never answer; time-outs are 5 s and 200 requests may be in flight. The
others are tuned: no robots.txt, no limit on requests a second. LinkChecker runs once more as it comes, with
its ten threads. The floor is `probe.floor`, asyncio and h11 by hand, on the same list: no program that runs
on one loop of Python and waits for what hangs is much faster. A program that is not named is left out.
CPU is user and system time of the process, its start included. Then each judges one page of every
behaviour; its word is right when it calls broken what is broken, and nothing else. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import probe

PATIENCE: Final = 5.0
SLOWEST: Final = 900.0
"""Seconds after which a run is given up."""
_HEAD: Final = "HTTP/1.1 {} X\r\nContent-Type: text/html\r\nContent-Length: {}\r\n{}\r\n"
_ERROR: Final = b"<title>Page not found</title><h1>Page not found</h1><p>It may have been moved.</p>"
_WALL: Final = b"<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"


def _answer(status: int, body: bytes = b"<title>x</title>", *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return _HEAD.format(status, len(body), lines).encode() + body


BEHAVIOURS: Final[dict[str, tuple[bytes, str]]] = {
    "answers": (_answer(200, b"<title>Sale</title><p>All of it.</p>" * 20), "fine"),
    "moved": (_answer(302, b"", "Location: /is/answers"), "fine"),
    "not found": (_answer(404), "broken"),
    "gone": (_answer(410), "broken"),
    "unavailable": (_answer(503), "broken"),
    "redirect loop": (_answer(302, b"", "Location: /is/redirect-loop"), "broken"),
    "cut short": (_HEAD.format(200, 4096, "").encode() + b"half", "broken"),
    "hangs up": (b"", "broken"),
    "soft 404": (_answer(200, _ERROR), "broken"),
    "bot wall 403": (_answer(403, _WALL), "fine"),
    "challenge 503": (_answer(503, _WALL, "cf-mitigated: challenge"), "fine"),
    "throttled 429": (_answer(429), "fine"),
}
"""Each behaviour's answer, and what is true of the page: visitors reach it, or land on an error."""


def _path(name: str) -> str:
    return f"/is/{name.replace(' ', '-')}"


class PeerPages(probe.Pages):
    """The pages of `probe`, one of each behaviour, and pages that list them."""

    def data_received(self, data: bytes) -> None:
        path = data.split(b" ", 2)[1].decode() if data.count(b" ") > 1 else ""
        answers = {_path(name): answer for name, (answer, _) in BEHAVIOURS.items()}
        if path in answers:
            self.transport.write(answers[path])
            if path in {_path("cut short"), _path("hangs up")}:
                self.transport.close()
        elif path.startswith("/list/"):
            _, _, size, share = path.split("/")
            port = self.transport.get_extra_info("sockname")[1]
            self.transport.write(_listing(probe.urls(port, int(size), float(share))))
        elif path == "/behaviours":
            self.transport.write(_listing(all_kinds(self.transport.get_extra_info("sockname")[1])))
        else:
            super().data_received(data)


def _listing(targets: list[str]) -> bytes:
    return _answer(200, "".join(f'<a href="{url}">x</a>\n' for url in targets).encode())


def all_kinds(port: int) -> list[str]:
    """One URL of each behaviour, on an address of its own."""
    return [f"http://127.0.1.{n}:{port}{_path(name)}" for n, name in enumerate(BEHAVIOURS, start=1)]


async def _listed(page: str) -> list[str]:
    host, _, rest = page.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    writer.write(f"GET /{rest} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(re.findall(rb"Content-Length: (\d+)", head)[0])
    targets = re.findall(r'href="([^"]+)"', (await reader.readexactly(length)).decode())
    writer.close()
    return targets


async def _floor(page: str, patience: float) -> None:
    """Ask for every URL of the list by hand, as a process of its own."""
    await probe.floor(await _listed(page), patience, probe.AT_ONCE)
    sys.stdout.write("[]")


async def _ours(page: str, patience: float) -> None:
    """Read the list and tell each URL's verdict, as a process of its own."""
    from console.ops.probe.prober import Prober, ProbeSettings

    targets = await _listed(page)
    settings = ProbeSettings(
        timeout_seconds=patience, total_seconds=patience, concurrency=probe.AT_ONCE, allow_private=True
    )
    verdicts = {found.url: found.verdict async for found in Prober(settings).probe(targets)}
    for url, verdict in verdicts.items():
        broken = verdict.broken or verdict.value in {"SOFT_404", "TIMEOUT"}
        sys.stdout.write(json.dumps([url, verdict.value, broken]) + "\n")


Words = dict[str, tuple[str, bool]]
"""What a program says of each URL: its word, and whether it calls it broken."""


def _read_ours(text: str) -> Words:
    rows = [json.loads(line) for line in text.splitlines()]
    return {url: (word, broken) for url, word, broken in rows}


def _read_linkinator(text: str) -> Words:
    links = json.loads(text)["links"]
    return {link["url"]: (f"{link['state']} {link.get('status') or ''}".strip(), link["state"] == "BROKEN")
            for link in links}  # fmt: skip


def _read_linkchecker(text: str) -> Words:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {row["urlname"]: (row["result"][:40], row["valid"] != "True")
            for row in csv.DictReader(lines, delimiter=";")}  # fmt: skip


class Runner:
    """Starts one program on a page."""

    def __init__(self, command: Callable[[str], list[str]], read: Callable[[str], Words]) -> None:
        self.command = command
        self.read = read

    def run(self, page: str) -> tuple[dict[str, float], Words]:
        """CPU and wall seconds, and the words."""
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            self.command(page), capture_output=True, text=True, timeout=SLOWEST, check=False
        )
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if not done.stdout:
            sys.exit(f"{self.command(page)[0]} said nothing: {done.stderr[-400:]}")
        return {"cpu_s": cpu, "wall_s": wall}, self.read(done.stdout)


def runners(linkchecker: str, linkinator: str, folder: Path, patience: float, rate: int) -> dict[str, Runner]:
    """The programs that are there, ours first. `rate`: requests a second that LinkChecker allows a host."""
    mine = [sys.executable, __file__, "--timeout", str(patience)]
    found = {
        "repoint": Runner(lambda page: [*mine, "--ours", page], _read_ours),
        "floor": Runner(lambda page: [*mine, "--floor", page], lambda _: {}),
    }
    if linkinator:
        theirs = ["--format", "json", "--timeout", str(round(patience * 1000)),
                 "--concurrency", str(probe.AT_ONCE)]  # fmt: skip
        found["linkinator"] = Runner(lambda page: [linkinator, page, *theirs], _read_linkinator)
    if linkchecker:
        config = folder / "linkcheckerrc"
        config.write_text(f"[checking]\nmaxrequestspersecond={rate}\n")
        folder.chmod(0o755)  # it drops its rights when root starts it
        common = ["--timeout", str(max(1, round(patience))), "-r", "1", "--check-extern", "--no-status", "-v",
                  "-o", "csv"]  # fmt: skip
        tuned = ["-f", str(config), "-t", str(probe.AT_ONCE), "--no-robots", *common]
        found["linkchecker"] = Runner(lambda page: [linkchecker, *tuned, page], _read_linkchecker)
        found["linkchecker as it comes"] = Runner(
            lambda page: [linkchecker, *common, page], _read_linkchecker
        )
    return found


def main(programs: dict[str, Runner], size: int, hanging: float) -> dict[str, Any]:
    """Both tables: speed on many URLs, and one word for each behaviour."""
    report: dict[str, Any] = {"size": size, "hanging": hanging, "load": round(os.getloadavg()[0], 1)}
    report |= {"speed": {}, "behaviours": {}}
    with probe.served(__file__) as port:
        targets, kinds = probe.urls(port, size, hanging), all_kinds(port)
        hung = sum("/hang" in url for url in targets)
        for name, program in programs.items():
            spent, words = program.run(f"http://127.0.0.1:{port}/list/{size}/{hanging}")
            told = [words[url][1] for url in targets if url in words]
            report["speed"][name] = {
                "wall_s": round(spent["wall_s"], 2),
                "cpu_s": round(spent["cpu_s"], 2),
                "probes_per_cpu_s": round(size / spent["cpu_s"], 1),
                "looked_at": len(told),
                "failing_found": f"{sum(told)} of {hung}",
            }
            if name == "floor":
                continue  # it has no word for anything
            _, words = program.run(f"http://127.0.0.1:{port}/behaviours")
            for url, (behaviour, (_, truth)) in zip(kinds, BEHAVIOURS.items(), strict=True):
                word, broken = words.get(url, ("not looked at", False))
                right = url in words and broken == (truth == "broken")
                table = report["behaviours"].setdefault(behaviour, {"truth": truth})
                table[name] = f"{word}{'' if right else '  WRONG'}"
    ours = report["speed"]["repoint"]
    report["ratios"] = {
        name: {
            "wall": round(other["wall_s"] / ours["wall_s"], 2),
            "cpu": round(other["cpu_s"] / ours["cpu_s"], 2),
            "right": sum("WRONG" not in row.get(name, "WRONG") for row in report["behaviours"].values()),
        }
        for name, other in report["speed"].items()
    }
    return report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--linkchecker", default="", metavar="PATH")
    parser.add_argument("--linkinator", default="", metavar="PATH")
    parser.add_argument("--rate", type=int, default=100_000, help="of LinkChecker, at one host a second")
    parser.add_argument("--size", type=int, default=5000)
    parser.add_argument("--hanging", type=float, default=0.02)
    parser.add_argument("--timeout", type=float, default=PATIENCE)
    parser.add_argument(
        "--ours", default="", metavar="PAGE", help="the prober on one list; for the run itself"
    )
    parser.add_argument(
        "--floor", default="", metavar="PAGE", help="the floor on one list; for the run itself"
    )
    parser.add_argument("--serve", action="store_true", help="the pages; for the run itself")
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(probe.serve(PeerPages))
    elif chosen.ours:
        asyncio.run(_ours(chosen.ours, chosen.timeout))
    elif chosen.floor:
        asyncio.run(_floor(chosen.floor, chosen.timeout))
    else:
        with tempfile.TemporaryDirectory() as folder:
            found = runners(chosen.linkchecker, chosen.linkinator, Path(folder), chosen.timeout, chosen.rate)
            sys.stdout.write(json.dumps(main(found, chosen.size, chosen.hanging), indent=1) + "\n")
