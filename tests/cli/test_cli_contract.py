"""The command line's page: every command and flag under exactly the name that scripts are written against."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest

from console.parsing import TextAsked, parse
from console.verbs import GLOBAL_FLAGS, VERBS, overview

PAGE = """
demo [--links N] [--scenario NAME] [--seed N] [--headless]
links [QUERY] [--limit N] [--columns A,B]
sync [--full]
history SLUG [--limit N] [-o FILE]
diff SLUG V1 V2
preview SLUG [--version V] [--country C] [--device D] [--source S] [--campaign C] [--matrix]
preview SLUG [--ask-platform]
health [QUERY] [--from here|platform|both] [--timeout S] [--outages]
rollback SLUG (--to V|--last-healthy) --reason TEXT [--seen V] [--confirm "SLUG V"] [--dry-run]
rollback SLUG --to V --reason TEXT [--override CHECK=REASON]
plan rollback [QUERY|--slugs FILE] (--last-healthy|--previous|--as-of TIME) --reason TEXT -o PLAN.json
plan repoint --from-host A --to-host B [QUERY] --reason TEXT -o PLAN.json
plan show PLAN.json
run PLAN.json [--way rollback|import|auto] [--confirm "rollback 312"] [--max-writes N]
run PLAN.json [--at TIME|--after-peak]
runs
runs show RUN
resume RUN
retry RUN
cancel RUN
undo RUN
reconcile
import (FILE|-) [--mapping A=B,C=D] [--existing skip|update|fail] [--dry-run] [--rejects OUT.csv]
import FILE [--check-destinations] [--chunk N] [--confirm "import 4210"]
export [QUERY] [--format csv|ndjson|json] [-o FILE]
watch [QUERY] [--every S]
note TEXT
journal [--since TIME] [--verify]
timeline [--since TIME] [--format md|json]
evidence (SLUG|RUN) -o FILE.zip
report --summary S --details D [--run RUN] [--request-id ID] [--session-id ID] [--artifact FILE]
report --summary S --details D [--dry-run] [--confirm report]
whoami
login
budget
doctor
config (show|path|init)
profile (list|show|add NAME)
cache (info|prune|clear)
sandbox [--port N] [--links N] [--scenario NAME] [--seed N] [--plan PRO|FREE|ENTERPRISE] [--requests-log FILE]
drill [outage|list|scores]
completion (bash|zsh|fish)
"""
"""One of a group in round brackets has to stand, one of a group in square brackets may."""
VALUES = {"N": "3", "S": "5", "NAME": "outage", "TIME": "2h", "CHECK=REASON": "destination=seen by eye"}
GLOBAL = ("--profile", "--handle", "--json", "--offline", "--no-color", "--quiet", "--verbose")


def commands(line: str) -> Iterator[list[str]]:
    """A line of the page as it may be typed: once with the first of each group, once more for every other."""
    parts = [part.strip("[]()") for part in re.findall(r"\[[^]]*\]|\([^)]*\)|\"[^\"]*\"|\S+", line)]
    choices = [_choices(part) for part in parts]
    first = [each[0] for each in choices]
    yield [word for words in first for word in words]
    for position, each in enumerate(choices):
        for other in each[1:]:
            yield [word for words in (*first[:position], other, *first[position + 1 :]) for word in words]


def _choices(part: str) -> list[list[str]]:
    """`--from here|both` is two values of a flag, `--to V|--last-healthy` two flags."""
    first, *others = part.split("|")
    flag = first.split(" ")[0] if first.startswith("--") and " " in first else ""
    spelled = [first] + [
        other if other.startswith("--") or not flag else f"{flag} {other}" for other in others
    ]
    return [[VALUES.get(word, word) for word in shlex.split(each)] for each in spelled]


@pytest.mark.parametrize("line", PAGE.strip().splitlines())
def test_the_pages_words_are_taken_as_they_stand(line: str) -> None:
    for argv in commands(line):
        args = parse([*argv, "--json", "--offline"])
        assert args.verb is VERBS[argv[0]]
        assert args.json
        assert args.offline


def test_the_page_names_every_flag_that_its_groups_hold() -> None:
    assert list(commands("health [QUERY] [--from here|both] (--to V|--last)")) == [
        ["health", "QUERY", "--from", "here", "--to", "V"],
        ["health", "QUERY", "--from", "both", "--to", "V"],
        ["health", "QUERY", "--from", "here", "--last"],
    ]


def test_global_flags_are_those_of_the_page() -> None:
    assert tuple(flag.name for flag in GLOBAL_FLAGS) == GLOBAL
    for asked in ("--help", "--version"):
        with pytest.raises(TextAsked):
            parse([asked])
        assert asked in overview()
