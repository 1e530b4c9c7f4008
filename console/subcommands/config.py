"""`repoint config show|path|init`: the settings, and where each came from."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from typing import Any

from console.domain.redaction import redact
from console.exits import ExitCode
from console.ops.profiles.keys import KEYS
from console.ops.profiles.places import places
from console.ops.profiles.profile import Profile, Setting, load_config, load_profile
from console.ops.profiles.write import create_config, refuse_existing
from console.output import Output
from console.output_parts import Part, Styled, Tone
from console.subcommands.config_wizard import add_profile_arguments, asked_values, profile_name_for

EXAMPLE = "repoint config init --base-url https://api.example --handle acme --token-env ACME_TOKEN"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="show|path|init", required=True)
    actions.add_parser("show", help="every value and which source won")
    actions.add_parser("path", help="where the settings file is")
    init = actions.add_parser(
        "init", help="makes the settings file; asks for what the flags leave out, tries it"
    )
    init.add_argument("--name", metavar="NAME", help="the profile's name; the handle unless given")
    add_profile_arguments(init)


def run(args: argparse.Namespace) -> int:
    """Show the settings, the file's place, or make the file."""
    out = Output.of(args)
    if args.action == "path":
        where = places()
        document = {"config": where.config_path(), "cache": where.cache, "state": where.state}
        out.result(document, [str(where.config_path())])
    elif args.action == "show":
        config = load_config()
        profile = load_profile(args.profile, flags={"handle": args.handle}, config=config)
        show_profile(out, profile, _keys(out, config.keys), _screen(out, config.screen))
    else:
        _init(args, out)
    return ExitCode.DONE


def _keys(out: Output, settings: Mapping[str, object]) -> dict[str, str]:
    """The operator's own keys by action; what is wrong or odd about them is a warning."""
    if not settings:
        return {}
    from console.app import chosen_keys

    keys, found = chosen_keys(settings)
    for each in found:
        out.warning(" ".join(part for part in (each.sentence, each.remedy) if part))
    return keys


def _screen(out: Output, settings: Mapping[str, object]) -> dict[str, object]:
    """What the operator set of the console's look and columns; what is wrong with it is a warning."""
    if not settings:
        return {}
    from console.app import shown_screen

    screen, found = shown_screen(settings)
    for each in found:
        out.warning(" ".join(part for part in (each.sentence, each.remedy) if part))
    return screen


def show_profile(
    out: Output,
    profile: Profile,
    keys: Mapping[str, str] | None = None,
    screen: Mapping[str, object] | None = None,
) -> None:
    """Print every setting of a profile with its source, and warn about what is odd."""
    for notice in profile.notices:
        out.warning(notice)
    file = str(places().config_path())
    shown = {key: _plain(profile.settings[key].value) for key in KEYS}
    if out.json:
        sources = {key: profile.settings[key].source for key in KEYS}
        settings = {key: {"value": shown[key], "source": sources[key]} for key in KEYS}
        document: dict[str, Any] = {"profile": profile.name, "config": file, "settings": settings}
        document |= {name: dict(own) for name, own in (("keys", keys), ("screen", screen)) if own}
        out.document(document)
        return
    out.note(f"profile {profile.name}, settings file {file}")
    rows = [_row(key, shown[key], profile.settings[key]) for key in KEYS]
    rows += [[f"keys.{action}", key, "[keys]"] for action, key in (keys or {}).items()]
    rows += [[f"screen.{name}", _worded(value), "[screen]"] for name, value in (screen or {}).items()]
    out.table(("setting", "value", "source"), rows)


def _worded(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _row(key: str, value: object, setting: Setting) -> list[Part]:
    text: Part = None
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float):
        text = str(int(value)) if value.is_integer() else f"{value:g}"
    elif isinstance(value, list):
        text = (shlex.join(value) if key == "token_command" else "; ".join(value)) or None
    elif value is not None:
        text = str(value)
    return [key, text, setting.source if setting.rank else Styled(setting.source, Tone.DIM)]


def _plain(value: Any) -> object:  # noqa: ANN401 - any setting's value
    """A setting's value as JSON has it, with credentials in addresses and commands hidden."""
    if isinstance(value, tuple):
        return [redact(str(getattr(item, "text", item))) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(str(value))


def _init(args: argparse.Namespace, out: Output) -> None:
    path = places().config_path()
    refuse_existing(path)
    values = asked_values(args, out, "repoint config init")
    name = args.name or profile_name_for(str(values["handle"]))
    create_config(path, name, values)
    out.result({"profile": name, "config": path}, [f"Profile {name} is in {path}"])
    if out.interactive and not args.offline:
        try_profile(out, name)
        return
    out.note("Next: `repoint whoami` asks the platform who you are")
    if not values.get("token_env") and not values.get("token_command") and not values.get("token_keyring"):
        out.note("The token will be asked for each time")


def try_profile(out: Output, name: str) -> None:
    """Ask the platform with the new profile who we are. The file stays, whatever it says."""
    import asyncio

    from console.domain.errors import RepointError
    from console.ops.access.login import SignedIn, check_token
    from console.ops.access.tokens import token_source

    async def ask() -> SignedIn:
        profile = load_profile(name)
        return await check_token(profile, await token_source(profile).get())

    try:
        identity = asyncio.run(ask()).identity
    except RepointError as problem:
        out.warning(f"It does not work yet: {problem.title}")
        out.note(problem.hint or problem.detail)
        out.note("When that is mended: `repoint whoami`; `repoint doctor` looks at everything")
    else:
        out.note(f"It works: the platform knows you as {identity.operator}, {identity.role.label}")
