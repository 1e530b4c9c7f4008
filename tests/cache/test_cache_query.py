"""Every filter finds in SQL what a plain reading of its meaning finds in Python."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache.database import open_cache
from cache.health import HealthLog
from cache.links import Inventory, Sort
from cache.sightings import Sightings
from console.domain.health import Band, HealthResult, Vantage, Verdict
from console.domain.links import Link, Rule
from console.domain.moments import Moment
from console.domain.query import Query, Term, parse
from console.domain.sightings import Seen, Sighting
from console.domain.urls import host_of
from console.domain.versions import Source

NOW = 1_800_000_000.0
SLUGS = tuple(f"{word}-{n:02}" for n in range(4) for word in ("Summer_Sale", "launch", "a%b_c", "promo"))


def at(seconds_ago: float) -> datetime:
    return datetime.fromtimestamp(NOW - seconds_ago, UTC)


HOSTS = (
    "shop.example",
    "www.shop.example",
    "notshop.example",
    "shop.example:8080",
    "[::1]:81",
    "127.0.0.1",
    "é.example",
)
WHENS = (None, *map(at, (-3600, -1, 0, 59, 60, 61, 7199, 7200, 7201)))
TIMES = st.sampled_from(WHENS)
TAGS = st.lists(
    st.sampled_from(["promo", "Promo", "promo code", "code", "ÉTÉ", "50%", "a_b"]), max_size=3
).map(tuple)
TITLE_WORDS = (
    "",
    "Summer Sale",
    "summer   sale!",
    "100% off",
    "ÜBER Sale",
    "ein\\back",
    'quo"te',
    "sale_1",
    "straße",
)
TITLES = st.sampled_from(TITLE_WORDS)


@st.composite
def inventories(draw: st.DrawFn) -> list[Link]:
    slugs = draw(st.lists(st.sampled_from(SLUGS), unique=True, min_size=1, max_size=8))
    return [
        Link(
            slug,
            f"https://{draw(st.sampled_from(HOSTS))}/{draw(st.sampled_from(['Launch', 'launch/1', '']))}",
            title=draw(TITLES),
            description=draw(st.sampled_from(["", "the gift cards page", "sales"])),
            tags=draw(TAGS),
            categories=draw(TAGS),
            enabled=draw(st.booleans()),
            scheduled_start_at=draw(TIMES),
            scheduled_end_at=draw(TIMES),
            expires_at=draw(TIMES),
            has_password=draw(st.booleans()),
            rules=draw(st.sampled_from([(), (Rule("https://x.example"),)])),
            version=draw(st.none() | st.integers(1, 5) | st.sampled_from(["3", "v4"])),
            clicks=draw(st.none() | st.integers(0, 5)),
            updated_at=draw(TIMES),
            updated_by=draw(st.sampled_from(["", "Dana", "dana@example", "ÉMILE"])),
        )
        for slug in slugs
    ]


def texts(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words)


SIGNS = ("<", "<=", ">", ">=", "=")
OPS = texts(*SIGNS)
VALUES = {
    "text": ("sale", "sum", "summer-sale", "gift ca", "%", "_", '"', "über", "uber", "launch/1", "x.example"),
    "host": ("shop.example", "www.shop.example", "example", "shop.example:8080", "127.0.0.1", "é.example"),
    "tag": ("promo", "code", "promo code", "été", "50%", "a_b", "pro"),
    "category": ("promo", "été"),
    "slug": ("sale", "a%b", "_", "%", "summer_"),
    "url": ("Launch", "launch", "https://shop", "%"),
    "title": ("sale", "%", "über", "\\", 'o"t', "sse", "ß"),
    "by": ("dana", "émile", "@"),
    "status": ("down", "slow", "ok", "blocked", "unchecked", "server_error", "timeout", "unknown"),
    "is": ("disabled", "scheduled", "expired", "password", "rules", "held", "bad", "seen", "marked"),
}  # fmt: skip
TERMS = st.one_of(
    *(st.builds(Term, st.just(name), texts(*values)) for name, values in VALUES.items()),
    st.builds(Term, texts("changed", "checked"), texts("60", "7200"), OPS),
    st.builds(Term, texts("version", "clicks"), texts("0", "3", "4"), OPS),
)
SIGNED = st.builds(lambda t, n: Term(t.field, t.value, t.op, n), TERMS, st.booleans())


class World:
    """What the inventory's tables should say, kept by hand."""

    def __init__(self, links: list[Link], verdicts: dict[str, Verdict]) -> None:
        self.links = links
        self.verdicts = verdicts
        slugs = sorted(link.slug for link in links)
        self.held, self.bad, self.marked = set(slugs[::2]), set(slugs[1::3]), frozenset(slugs[::3])
        self.seen = {link.slug: link.version for link in links[::2] if link.version is not None}
        if links and links[0].slug in self.seen:
            self.seen[links[0].slug] = "another"

    def meets(self, link: Link, term: Term) -> bool:
        return self._holds(link, term) is not term.negated

    def _holds(self, link: Link, term: Term) -> bool:
        value = term.value
        verdict = self.verdicts.get(link.slug)
        return {
            "text": lambda: said(link, value),
            "host": lambda: of_domain(host_of(link.destination_url), value),
            "tag": lambda: value in [tag.lower() for tag in link.tags],
            "category": lambda: value in [tag.lower() for tag in link.categories],
            "slug": lambda: value in link.slug.lower(),
            "url": lambda: value in link.destination_url,
            "title": lambda: value in link.title.lower(),
            "by": lambda: value in link.updated_by.lower(),
            "status": lambda: of_status(verdict, value),
            "changed": lambda: aged(link.updated_at, term),
            "checked": lambda: aged(at(60) if verdict else None, term),
            "version": lambda: isinstance(link.version, int) and compared(link.version, term.op, term.number),
            "clicks": lambda: link.clicks is not None and compared(link.clicks, term.op, term.number),
            "is": lambda: self._flag(link, value),
        }[term.field]()

    def _flag(self, link: Link, flag: str) -> bool:
        now = at(0)
        ends = [t for t in (link.scheduled_end_at, link.expires_at) if t]
        return {
            "disabled": not link.enabled,
            "scheduled": bool(link.scheduled_start_at and link.scheduled_start_at > now),
            "expired": bool(ends) and min(ends) <= now,
            "password": link.has_password,
            "rules": bool(link.rules),
            "held": link.slug in self.held,
            "bad": link.slug in self.bad,
            "seen": link.slug in self.seen and self.seen[link.slug] == link.version,
            "marked": link.slug in self.marked,
        }[flag]


def of_domain(host: str, wanted: str) -> bool:
    wanted = {"é.example": "xn--9ca.example"}.get(wanted, wanted)
    name = host if re.search(r":\d+\Z", wanted) else re.sub(r":\d+\Z", "", host)
    return name == wanted or name.endswith("." + wanted)


def of_status(verdict: Verdict | None, wanted: str) -> bool:
    if wanted in {band.value for band in Band}:
        return (verdict.band if verdict else Band.UNCHECKED).value == wanted
    return verdict is not None and verdict.value.lower() == wanted


def plain(text: str) -> str:
    return text.lower().replace("ü", "u").replace("é", "e")


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", plain(text))


def said(link: Link, value: str) -> bool:
    """A bare word: its parts in a row in one text, the last by its beginning; signs alone: contained."""
    wanted = words_of(value)
    if not wanted:
        return any(value in text.lower() for text in (link.slug, link.title, link.destination_url))
    for text in (link.slug, link.title, link.destination_url, " \n".join(link.tags), link.description):
        words = words_of(text)
        for start in range(len(words) - len(wanted) + 1):
            part = words[start : start + len(wanted)]
            if part[:-1] == wanted[:-1] and part[-1].startswith(wanted[-1]):
                return True
    return False


def compared(value: float, op: str, other: float) -> bool:
    return {
        "=": value == other,
        "<": value < other,
        "<=": value <= other,
        ">": value > other,
        ">=": value >= other,
    }[op]


def aged(when: datetime | None, term: Term) -> bool:
    return when is not None and compared(NOW - when.timestamp(), term.op, term.number)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    connection = open_cache(tmp_path_factory.mktemp("query") / "cache" / "links.db").connection
    yield connection
    connection.close()


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[tuple[Inventory, sqlite3.Connection]]:
    connection = open_cache(tmp_path / "cache" / "links.db").connection
    yield Inventory(connection), connection
    connection.close()


def fill(connection: sqlite3.Connection, world: World) -> Inventory:
    for table in ("links", "records", "health", "health_now", "sightings", "link_marks"):
        connection.execute(f"DELETE FROM {table}")
    connection.execute("INSERT INTO links_fts (links_fts) VALUES ('delete-all')")
    inventory = Inventory(connection)
    generation = inventory.begin_sync()
    inventory.put_many(world.links, generation, NOW)
    inventory.finish_sync(generation, NOW)
    HealthLog(connection).add(
        HealthResult(link.slug, link.destination_url, world.verdicts[link.slug], Vantage.HERE, at(60))
        for link in world.links
        if link.slug in world.verdicts
    )
    for link in world.links:
        inventory.set_marks(link.slug, held=link.slug in world.held, bad=link.slug in world.bad)
    for slug, version in world.seen.items():
        moment = Moment(at(0), 1.0, 1.0, "boot")
        Sightings(connection).record(
            Sighting("t", "op", slug, "", version, "f", Seen.TIMELINE, Source.PLATFORM, moment)
        )
    return inventory


def test_every_single_term_finds_what_it_means(shared: sqlite3.Connection) -> None:
    """Every value of every field against links that hold every value there is."""
    titles, tags = TITLE_WORDS, (("promo",), ("Promo", "code"), ("promo code",), ("ÉTÉ", "50%"), ("a_b",), ())
    links = [
        Link(
            f"{SLUGS[n % len(SLUGS)][:9]}-{n:02}",
            f"https://{HOSTS[n % len(HOSTS)]}/{('Launch', 'launch/1', '')[n % 3]}",
            title=titles[n % len(titles)],
            description=("", "the gift cards page", "sales")[n % 3],
            tags=tags[n % len(tags)],
            categories=tags[n % 5],
            enabled=n % 2 == 0,
            scheduled_start_at=WHENS[n % len(WHENS)],
            scheduled_end_at=WHENS[n // 2 % len(WHENS)],
            expires_at=WHENS[n // 3 % len(WHENS)],
            has_password=n % 3 == 0,
            rules=(Rule("https://x.example"),) if n % 4 == 0 else (),
            version=(None, 1, 3, 4, 5, "3", "v4")[n % 7],
            clicks=(None, 0, 3, 4)[n % 4],
            updated_at=WHENS[n // 5 % len(WHENS)],
            updated_by=("", "Dana", "dana@example", "ÉMILE")[n % 4],
        )
        for n in range(60)
    ]
    verdicts = dict(zip([link.slug for link in links[::2]], list(Verdict) * 3, strict=False))
    world = World(links, verdicts)
    inventory = fill(shared, world)
    terms = [Term(name, value) for name, values in VALUES.items() for value in values]
    terms += [
        Term(name, value, op) for name in ("changed", "checked") for value in ("60", "7200") for op in SIGNS
    ]
    terms += [
        Term(name, value, op) for name in ("version", "clicks") for value in ("0", "3", "4") for op in SIGNS
    ]
    for term in [*terms, *(replace(term, negated=True) for term in terms)]:
        expected = sorted(link.slug for link in links if world.meets(link, term))
        found = inventory.select(Query("", (term,)), Sort.SLUG, NOW, marked=world.marked)
        assert inventory.slugs(found) == expected, term


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_filter_finds_what_it_means(shared: sqlite3.Connection, data: st.DataObject) -> None:
    links = data.draw(inventories())
    chosen = data.draw(st.lists(st.sampled_from([link.slug for link in links]), unique=True))
    world = World(links, {slug: data.draw(st.sampled_from(list(Verdict))) for slug in chosen})
    inventory = fill(shared, world)
    for _ in range(6):
        terms = tuple(data.draw(st.lists(SIGNED, max_size=3)))
        expected = sorted(link.slug for link in links if all(world.meets(link, term) for term in terms))
        found = inventory.select(Query("", terms), Sort.SLUG, NOW, marked=world.marked)
        assert inventory.slugs(found) == expected, terms
        assert inventory.select(Query("", terms), Sort.SLUG, NOW, 2, marked=world.marked) == found[:2]
        hosts = inventory.hosts(Query("", terms), NOW, marked=world.marked)
        assert sum(total for _, total, _, _ in hosts) == len(expected)


@pytest.mark.parametrize(
    "typed",
    [
        'x";DROP TABLE links;--',
        "host:'",
        'AND OR NOT NEAR("',
        "tag:a*",
        "^a",
        "{slug}:x",
        "title:'\\'",
        "a\0b",
        "\ud800",
        "url:\ud800",
        "tag:\ud800x",
        "*",
        "(",
        '-"a b"',
    ],
)
def test_nothing_typed_is_ever_obeyed(inventory: tuple[Inventory, sqlite3.Connection], typed: str) -> None:
    links, _ = inventory
    links.put(Link("spring-launch", "https://shop.example/"), NOW)
    found = links.select(parse(typed), Sort.HEALTH, NOW)
    assert list(found) == ([1] if typed.startswith("-") else [])
    assert links.count() == 1


ORDERS = {
    Sort.HEALTH: lambda w, k: ((w.verdicts[k.slug].band if k.slug in w.verdicts else Band.UNCHECKED).rank,),
    Sort.SLUG: lambda w, k: (),
    Sort.DESTINATION: lambda w, k: (k.destination_url,),
    Sort.VERSION: lambda w, k: (
        (0, 0) if k.version is None else (1, k.version) if isinstance(k.version, int) else (2, k.version)
    ),
    Sort.CHANGED: lambda w, k: k.updated_at.timestamp() if k.updated_at else -1.0,
    Sort.CHECKED: lambda w, k: k.slug in w.verdicts,
    Sort.CLICKS: lambda w, k: -1 if k.clicks is None else k.clicks,
}


@settings(max_examples=30, deadline=None)
@given(inventories(), st.sampled_from(Sort), st.booleans(), st.data())
def test_orders_are_kept_with_ties_by_slug(
    shared: sqlite3.Connection, links: list[Link], sort: Sort, down: bool, data: st.DataObject
) -> None:
    world = World(links, {link.slug: data.draw(st.sampled_from(list(Verdict))) for link in links[::2]})
    inventory = fill(shared, world)
    ordered = sorted(links, key=lambda k: (ORDERS[sort](world, k), k.slug.encode()), reverse=down)
    found = inventory.select(parse(""), sort, NOW, descending=down)
    assert inventory.slugs(found) == [link.slug for link in ordered]
    assert [row.slug for row in inventory.rows(found)] == [link.slug for link in ordered]
    few = inventory.select(parse("-is:password"), sort, NOW, descending=down)
    assert inventory.slugs(few) == [link.slug for link in ordered if not link.has_password]
