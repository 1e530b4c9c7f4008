"""`repoint profile list|show|add`: the profiles of the settings file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from console.domain.redaction import redact
from console.exits import ExitCode
from console.ops.profiles.file import Entry
from console.ops.profiles.keys import KEYS
from console.ops.profiles.places import places
from console.ops.profiles.profile import default_name, load_config, load_profile
from console.ops.profiles.write import add_profile, checked_name
from console.output import Output
from console.subcommands.config import show_profile, try_profile
from console.subcommands.config_wizard import add_profile_arguments, asked_values

EXAMPLE = "repoint profile add staging --base-url https://staging.example --handle acme --environment staging"
_LISTED = ("base_url", "handle", "environment", "protected")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="list|show|add", required=True)
    actions.add_parser("list", help="the profiles, the default marked")
    show = actions.add_parser("show", help="every value of a profile and which source won")
    show.add_argument("name", nargs="?", metavar="NAME", help="the default unless given")
    add = actions.add_parser("add", help="adds a profile; asks for what the flags leave out")
    add.add_argument("name", metavar="NAME", help="its name")
    add_profile_arguments(add)


def run(args: argparse.Namespace) -> int:
    """List, show or add profiles."""
    out = Output.of(args)
    if args.action == "list":
        _list(out)
    elif args.action == "show":
        show_profile(out, load_profile(args.name or args.profile, flags={"handle": args.handle}))
    else:
        path = places().config_path()
        checked_name(args.name)
        add_profile(path, args.name, asked_values(args, out, f"repoint profile add {args.name}"))
        out.result({"profile": args.name, "config": path}, [f"Profile {args.name} is in {path}"])
        if out.interactive and not args.offline:
            try_profile(out, args.name)
    return ExitCode.DONE


def _list(out: Output) -> None:
    config = load_config()
    default = default_name(config)
    rows = [
        {"name": name, "default": name == default, **{key: _said(entries, key) for key in _LISTED}}
        for name, entries in config.profiles.items()
    ]
    if out.json:
        out.document({"profiles": rows, "config": config.path})
        return
    if not rows:
        out.note("There is no profile yet. `repoint config init` makes one; `repoint demo` needs none")
        return
    out.table(
        ("", "name", *_LISTED),
        [["*" if row["default"] else "", *(_word(row[key]) for key in ("name", *_LISTED))] for row in rows],
    )


def _said(entries: Mapping[str, Entry], key: str) -> object:
    value = entries[key].value if key in entries else KEYS[key].default
    return redact(value) if isinstance(value, str) else value if isinstance(value, bool) else None


def _word(value: object) -> str | None:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value) if value else None
