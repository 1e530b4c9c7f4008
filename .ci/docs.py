"""Write what the program says of itself into README, guide and manual page: `.venv/bin/python .ci/docs.py`.

Between `<!-- NAME: generated -->` and `<!-- end -->` the pages are written here. A test fails when a file
is not what the program would say today.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from console.document_keys import KEYS as KEYS_OF
from console.exits import MEANINGS
from console.ops.profiles.keys import KEYS
from console.parsing import Parser, parser_of
from console.verbs import GLOBAL_FLAGS, VERBS
from console.version import VERSION
from screens.actions import ACTIONS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
GUIDE = ROOT / ".github" / "guide" / "operators.md"
MANUAL = ROOT / ".github" / "guide" / "repoint.1"


def commands() -> str:
    """The table of commands, in the order of `repoint --help`."""
    rows = ["| Command | Does |", "| --- | --- |"]
    for group in dict.fromkeys(verb.group for verb in VERBS.values()):
        rows.append(f"| **{group}** | |")
        rows += [f"| `repoint {verb.name}` | {verb.help} |" for verb in VERBS.values() if verb.group == group]
    return "\n".join(rows)


def exit_codes() -> str:
    """The table of exit codes."""
    return "\n".join(
        ["| Code | Meaning |", "| --- | --- |", *(f"| {int(c)} | {m} |" for c, m in MEANINGS.items())]
    )


def settings() -> str:
    """The table of a profile's keys."""
    rows = ["| Key | Environment | Meaning |", "| --- | --- | --- |"]
    return "\n".join([*rows, *(f"| `{k.name}` | `{k.variable}` | {k.meaning} |" for k in KEYS.values())])


def documents() -> str:
    """The table of the keys that `--json` prints."""
    rows = ["| Command | Keys of its JSON |", "| --- | --- |"]
    return "\n".join([*rows, *(f"| `{name}` | {', '.join(KEYS_OF[name])} |" for name in KEYS_OF)])


def keys() -> str:
    """The table of the console's keys, by the names that `[keys]` takes."""
    rows = ["| Key | Name | Does |", "| --- | --- | --- |"]
    return "\n".join([*rows, *(f"| `{each.key_label}` | `{each.id}` | {each.help} |" for each in ACTIONS)])


BLOCKS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "exit codes": exit_codes,
    "settings": settings,
    "documents": documents,
}


def readme(text: str) -> str:
    """The README with every generated block written anew."""
    return _filled(text, BLOCKS)


def guide(text: str) -> str:
    """The operators' guide with its block written anew."""
    return _filled(text, {"keys": keys})


def _filled(text: str, blocks: dict[str, Callable[[], str]]) -> str:
    for name, make in blocks.items():
        begin, end = f"<!-- {name}: generated -->\n", "\n<!-- end -->"
        before, found, rest = text.partition(begin)
        if not found:
            raise SystemExit(f"there is no block {name!r} to write into")
        text = f"{before}{begin}{make()}{end}{rest.partition(end)[2]}"
    return text


def roff(text: str) -> str:
    """Text as a line of a manual page: nothing in it is a command of the formatter."""
    shown = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{shown}" if shown.startswith(".") else shown


def manual() -> str:
    """The manual page."""
    return "\n".join(_manual()) + "\n"


def _manual() -> Iterator[str]:
    yield f'.TH REPOINT 1 "" "repoint {VERSION}" "User Commands"'
    yield ".SH NAME\nrepoint \\- the incident console for link platforms"
    yield ".SH SYNOPSIS\n.B repoint\n[\\fIflags\\fR] [\\fIcommand\\fR] ..."
    yield ".SH DESCRIPTION"
    yield roff(
        "Shows which links are broken and since when, reads their versions, and points them back at the"
    )
    yield roff("last version that worked, under a guard. Without a command it opens the console.")
    yield ".SH FLAGS OF EVERY COMMAND"
    for flag in GLOBAL_FLAGS:
        yield from _item(f"{flag.name} {flag.metavar}".strip(), flag.help)
    yield ".SH COMMANDS"
    for verb in VERBS.values():
        yield from _command(parser_of(verb), f"{verb.help[:1].upper()}{verb.help[1:]}.")
    yield ".SH ENVIRONMENT"
    yield from _item("REPOINT_HOME", "one folder for settings, cache, journal and crash reports")
    yield from _item("REPOINT_PROFILE", "the profile to work with")
    yield from _item("REPOINT_TOKEN", "the token: a JWT or a PAT")
    for key in KEYS.values():
        yield from _item(key.variable, key.meaning)
    yield ".SH EXIT STATUS"
    for code, meaning in MEANINGS.items():
        yield from _item(str(int(code)), meaning)


def _command(parser: Parser, about: str) -> Iterator[str]:
    shared = {flag.name for flag in GLOBAL_FLAGS} | {"--help", "-h"}
    words = [_word(action) for action in parser.words()]
    yield f".SS {roff(' '.join([parser.prog, *words]))}"
    yield roff(about)
    for action in parser.words():
        if action.help:
            yield from _item(_word(action), action.help)
    for action in parser.options():
        if shared.isdisjoint(action.option_strings):
            value = "" if action.nargs == 0 else f" {_word(action)}"
            yield from _item(", ".join(action.option_strings) + value, action.help or "")
    if parser.epilog:
        yield f".PP\nExample: {roff(parser.epilog.partition(chr(10))[2].strip())}"
    helps = parser.subcommand_helps()
    for name, child in parser.subcommands().items():
        yield from _command(child, f"{helps[name][:1].upper()}{helps[name][1:]}.")


def _word(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    return "|".join(map(str, action.choices)) if action.choices else action.dest.upper()


def _item(term: str, meaning: str) -> Iterator[str]:
    yield f".TP\n.B {roff(term)}\n{roff(meaning.replace('%%', '%'))}"


def main(check: bool) -> int:
    """Write the files; with `check` only say whether they are as they should be."""
    wanted = {
        README: readme(README.read_text(encoding="utf-8")),
        GUIDE: guide(GUIDE.read_text(encoding="utf-8")),
        MANUAL: manual(),
    }
    stale = [p for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is stale' if check else 'written'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
