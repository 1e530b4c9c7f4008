"""The parser of a command: argparse with our errors, global flags at every level, no abbreviations."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from console.domain.errors import UsageProblem
from console.domain.nearest import nearest
from console.domain.redaction import holds_token
from console.verbs import GLOBAL_FLAGS, VERBS, Verb, overview
from console.version import VERSION


class TextAsked(Exception):
    """Help or the version was asked for: print `text` and be done."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class _Version(argparse.Action):
    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise TextAsked(f"repoint {VERSION}\n")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help whose usage line shows the command's own words; the flags of every command have their section."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        shared = {flag.dest for flag in GLOBAL_FLAGS} | {"help"}
        super().add_usage(usage, [a for a in actions if a.dest not in shared], groups, prefix)


class Parser(argparse.ArgumentParser):
    """A command's parser. What argparse would print and exit with is raised instead.

    Raises:
        UsageProblem: from parsing words that do not fit.
        TextAsked: from parsing `--help` or `--version`.
    """

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - argparse's own, it makes parsers as well
        settings.setdefault("formatter_class", _Formatter)
        # A command may have a --version of its own (`preview`): the last one added stands.
        super().__init__(allow_abbrev=False, conflict_handler="resolve", **settings)
        shared = self.add_argument_group("flags of every command")
        for flag in GLOBAL_FLAGS:
            if flag.metavar:
                shared.add_argument(
                    flag.name, metavar=flag.metavar, help=flag.help, default=argparse.SUPPRESS
                )
            else:
                shared.add_argument(flag.name, action="store_true", help=flag.help, default=argparse.SUPPRESS)
        shared.add_argument("--version", action=_Version, nargs=0, help=argparse.SUPPRESS)

    def parse_known_args(  # type: ignore[override]  # argparse's overloads, in one
        self,
        args: Sequence[str] | None = None,
        namespace: Any = None,  # noqa: ANN401 - argparse's own
    ) -> tuple[Any, list[str]]:
        """Parse; words that nobody takes are an error at the level that they stand on."""
        found, left = super().parse_known_args(args, namespace)
        if left:
            raise self._unknown(left[0])
        return found, left

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing and exiting."""
        if message.startswith("argument -"):  # say it of the flag: "--every takes seconds ..."
            flag, _, what = message.removeprefix("argument ").partition(": ")
            message = f"{flag} {what.replace('expected one argument', 'needs a value')}"
        raise UsageProblem(message[:1].upper() + message[1:], hint=self._remedy())

    def print_help(self, file: object = None) -> NoReturn:  # noqa: ARG002 - argparse's own
        """Raise the text instead of printing it past the output."""
        raise TextAsked(self.format_help())

    def subcommands(self) -> dict[str, Parser]:
        """The commands below this one, by name."""
        found: dict[str, Parser] = {}
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - argparse has no other way to ask
                found.update(action.choices)
        return found

    def subcommand_helps(self) -> dict[str, str]:
        """The help line of each command below this one."""
        return {
            choice.dest: choice.help or ""
            for action in self._actions
            if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 - as above
            for choice in action._choices_actions  # noqa: SLF001 - as above
        }

    def options(self) -> list[argparse.Action]:
        """Its flags, the global ones included."""
        return [a for a in self._actions if a.option_strings and a.help is not argparse.SUPPRESS]

    def words(self) -> list[argparse.Action]:
        """Its positional arguments, commands below it excluded."""
        return [a for a in self._actions if not a.option_strings and a.dest and a.nargs != argparse.PARSER]

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        near = nearest(str(value), choices)
        what = "command" if action.nargs == argparse.PARSER else str(action.metavar or action.dest)
        raise UsageProblem(
            f"{self.prog} knows no {what.partition('|')[0].lower()} {str(value)!r}",
            hint=f"Did you mean {near}?" if near else f"One of: {', '.join(choices)}",
        )

    def _unknown(self, word: str) -> UsageProblem:
        if not word.startswith("-"):
            return UsageProblem(f"{self.prog} does not know what to do with {word!r}", hint=self._remedy())
        flag = word.partition("=")[0]
        if flag in {"--token", "--password", "--pat", "--jwt"}:
            return token_on_command_line()
        known = [name for action in self.options() for name in action.option_strings]
        near = nearest(flag, known)
        return UsageProblem(
            f"{self.prog} knows no flag {flag}", hint=f"Did you mean {near}?" if near else self._remedy()
        )

    def _remedy(self) -> str:
        return " ".join(self.format_usage().split()).replace("usage:", "Usage:", 1)


def token_on_command_line() -> UsageProblem:
    """What is said of a token among the arguments; the token is not quoted."""
    return UsageProblem(
        "A token does not belong on the command line: every process of this machine can read it there",
        detail="Treat it as known to others: revoke it.",
        hint="Put it in REPOINT_TOKEN, or name a token_command in the profile: `repoint config init`",
    )


def parser_of(verb: Verb) -> Parser:
    """The parser of a command, made from its module, which is imported now."""
    import importlib

    module = importlib.import_module(verb.module)
    parser = Parser(
        prog=f"repoint {verb.name}",
        description=f"{verb.help[:1].upper()}{verb.help[1:]}.",
        epilog=f"example:\n  {module.EXAMPLE}",
    )
    module.add_arguments(parser)
    examples = [line.strip() for line in module.EXAMPLE.splitlines()]
    for child in parser.subcommands().values():
        own = [line for line in examples if f"{line} ".startswith(f"{child.prog} ")]
        child.epilog = "\n  ".join(["example:", *(own or [child.prog])])
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The whole command line: the global flags, what the command's own parser found, and `verb`.

    `verb` is the `Verb`, None when only global flags were given.

    Raises:
        UsageProblem: words that do not fit, or that hold a token.
        TextAsked: help or the version was asked for.
    """
    if any(holds_token(word) for word in argv):
        raise token_on_command_line()
    before, name, after = _split(argv)
    if name == "help" or not {"--help", "-h"}.isdisjoint(before):
        name = (after[0] if after else "") if name == "help" else name
        if not name:
            raise TextAsked(overview())
        before, after = [], ["--help"]
    args = _globals(before)
    verb = _known(name) if name else None
    if verb is not None:
        args = parser_of(verb).parse_args(after, args)
    args.verb = verb
    return args


def _split(argv: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """The global flags before the verb, the verb (empty when there is none), and what follows it."""
    takes_value = {flag.name for flag in GLOBAL_FLAGS if flag.metavar}
    position = 0
    while position < len(argv) and argv[position].startswith("-"):
        position += 2 if argv[position] in takes_value else 1
    if position >= len(argv):
        return list(argv), "", []
    return list(argv[:position]), argv[position], list(argv[position + 1 :])


def _globals(words: Sequence[str]) -> argparse.Namespace:
    defaults = {flag.dest: None if flag.metavar else False for flag in GLOBAL_FLAGS}
    namespace: argparse.Namespace = Parser(prog="repoint").parse_args(
        list(words), argparse.Namespace(**defaults)
    )
    return namespace


def _known(name: str) -> Verb:
    if name in VERBS:
        return VERBS[name]
    near = nearest(name, VERBS)
    raise UsageProblem(
        f"There is no command {name!r}",
        hint=f"Did you mean `repoint {near}`?" if near else "`repoint --help` lists them all",
    )
