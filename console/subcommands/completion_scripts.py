"""The completion scripts. Each knows every command, flag and choice as the parsers do."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from console.parsing import Parser, parser_of
from console.verbs import GLOBAL_FLAGS, VERBS

_FILE_WORDS: Final = ("FILE", "FILE.zip", "PLAN.json", "OUT.csv", "PATH")


@dataclass(frozen=True, slots=True)
class Choice:
    """One word that may be typed, with what it means; `values` when it takes one of a few."""

    word: str
    meaning: str
    short: str = ""
    takes_value: bool = False
    values: tuple[str, ...] = ()
    file: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What may be typed at one place: after `repoint`, after `repoint config`, ..."""

    path: tuple[str, ...]
    commands: tuple[Choice, ...]
    flags: tuple[Choice, ...]
    words: tuple[str, ...]
    files: bool = False

    @property
    def value_flags(self) -> tuple[Choice, ...]:
        """The flags that are followed by a value."""
        return tuple(flag for flag in self.flags if flag.takes_value)


def script(shell: str) -> str:
    """The completion script of a shell: bash, zsh or fish."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](places())


def places() -> list[Place]:
    """Every place of the command line, the top first."""
    top = Place(
        path=(),
        commands=tuple(Choice(verb.name, verb.help) for verb in VERBS.values()),
        flags=(
            *(Choice(flag.name, flag.help, takes_value=bool(flag.metavar)) for flag in GLOBAL_FLAGS),
            Choice("--version", "print the version"),
            Choice("--help", "print help"),
        ),
        words=(),
    )
    found = [top]
    for verb in VERBS.values():
        found += _below((verb.name,), parser_of(verb))
    return found


def _below(path: tuple[str, ...], parser: Parser) -> Iterable[Place]:
    commands = parser.subcommands()
    helps = parser.subcommand_helps()
    yield Place(
        path,
        commands=tuple(Choice(name, helps.get(name, "")) for name in commands),
        flags=tuple(_flag(action) for action in parser.options()),
        words=tuple(str(word) for action in parser.words() for word in action.choices or ()),
        files=any(action.metavar in _FILE_WORDS for action in parser.words()),
    )
    for name, below in commands.items():
        yield from _below((*path, name), below)


def _flag(action: argparse.Action) -> Choice:
    return Choice(
        word=next((s for s in action.option_strings if s.startswith("--")), action.option_strings[0]),
        meaning=(action.help or "").replace("%%", "%"),
        short=next((s for s in action.option_strings if not s.startswith("--")), ""),
        takes_value=action.nargs != 0,
        values=tuple(str(choice) for choice in action.choices or ()),
        file=action.metavar in _FILE_WORDS,
    )


def _bash(found: list[Place]) -> str:
    cases, values = [], []
    for place in found:
        key = " ".join(place.path)
        offered = [c.word for c in (*place.commands, *place.flags)] + list(place.words)
        too = " files=too" if place.files else ""
        cases.append(f'    "{key}") offered="{" ".join(offered)}"{too} ;;')
        for flag in place.value_flags:
            words = " | ".join(f'"{key} {word}"' for word in (flag.word, flag.short) if word)
            if flag.values:
                values.append(f'    {words}) offered="{" ".join(flag.values)}" ;;')
            else:
                values.append(f"    {words}) files={'yes' if flag.file else 'no'} ;;")
    parts = {
        "@TAKING@": " | ".join(flag.name for flag in GLOBAL_FLAGS if flag.metavar),
        "@COMMANDS@": " | ".join(f'"{" ".join(place.path)}"' for place in found if place.path),
        "@CASES@": "\n".join(cases),
        "@VALUES@": "\n".join(values),
    }
    text = _BASH
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


_BASH: Final = r"""# bash completion of repoint: put it where bash-completion looks, or source it.
_repoint() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"
  local path="" word next offered="" files="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    case "$word" in
    @TAKING@) ((i++)); continue ;;
    esac
    next="${path:+$path }$word"
    case "$next" in
    @COMMANDS@) path="$next" ;;
    esac
  done
  COMPREPLY=()
  case "$path $prev" in
@VALUES@
  esac
  if [[ -n $files ]]; then
    [[ $files == yes ]] && COMPREPLY=($(compgen -f -- "$cur"))
    return
  fi
  if [[ -z $offered ]]; then
    case "$path" in
@CASES@
    esac
  fi
  COMPREPLY=($(compgen -W "$offered" -- "$cur"))
  [[ $files == too ]] && COMPREPLY+=($(compgen -f -- "$cur"))
}
complete -F _repoint repoint
"""


def _zsh(found: list[Place]) -> str:
    blocks = []
    for place in found:
        specs = [_zsh_flag(flag) for flag in place.flags]
        if place.commands:
            listed = " ".join(_quoted(f"{c.word}:{c.meaning}") for c in place.commands)
            specs += ["'1: :->command'", "'*:: :->rest'"]
            depth = "_".join(place.path)
            calls = "\n".join(
                f"      {c.word}) _repoint_{'_'.join((*place.path, c.word)).replace('-', '_')} ;;"
                for c in place.commands
            )
            body = (
                f"  local state line\n  local -a commands=({listed})\n"
                f"  _arguments -C {' '.join(specs)}\n"
                "  case $state in\n"
                "    command) _describe command commands ;;\n"
                f"    rest)\n      case $line[1] in\n{calls}\n      esac ;;\n  esac"
            )
        else:
            other = "_files" if place.files else " "
            words = f"'*:word:({' '.join(place.words)})'" if place.words else f"'*:word:{other}'"
            depth = "_".join(place.path)
            body = f"  _arguments {' '.join(specs)} {words}"
        name = f"_repoint_{depth}".rstrip("_").replace("-", "_")
        blocks.append(f"{name}() {{\n{body}\n}}")
    return "#compdef repoint\n# zsh completion of repoint: save it as _repoint in a folder of $fpath.\n\n" + (
        "\n\n".join(blocks) + '\n\n_repoint "$@"\n'
    )


def _zsh_flag(flag: Choice) -> str:
    meaning = flag.meaning.replace("[", "(").replace("]", ")").replace(":", ",")
    if not flag.takes_value:
        return _quoted(f"{flag.word}[{meaning}]")
    action = f"({' '.join(flag.values)})" if flag.values else "_files" if flag.file else " "
    long = _quoted(f"{flag.word}=[{meaning}]:value:{action}")
    return f"{long} {_quoted(f'{flag.short}[{meaning}]:value:{action}')}" if flag.short else long


def _fish(found: list[Place]) -> str:
    lines = ["# fish completion of repoint: save it as ~/.config/fish/completions/repoint.fish"]
    paths = " ".join(_quoted(" ".join(place.path)) for place in found if place.path)
    taking = " ".join(flag.name for flag in GLOBAL_FLAGS if flag.metavar)
    lines += [_FISH.replace("@COMMANDS@", paths).replace("@TAKING@", taking), "complete -c repoint -f"]
    for place in found:
        here = _quoted(" ".join(["__repoint_at", *place.path]))
        offer = f"complete -c repoint -n {here}"
        lines += [f"{offer} -a {c.word} -d {_quoted(c.meaning)}" for c in place.commands]
        lines += [f"{offer} -a {_quoted(word)}" for word in place.words]
        lines += [f"{offer} -F"] if place.files else []
        for flag in place.flags:
            if place.path and (flag.word, flag.takes_value) in _SHARED:
                continue  # offered everywhere by the top
            values = f" -a {_quoted(' '.join(flag.values))}" if flag.values else ""
            value = (" -r -F" if flag.file else f" -x{values}") if flag.takes_value else ""
            short = f" -s {flag.short[1:]}" if flag.short else ""
            name = flag.word.removeprefix("--")
            begin = offer if place.path else "complete -c repoint"
            lines.append(f"{begin} -l {name}{short}{value} -d {_quoted(flag.meaning)}")
    return "\n".join(lines) + "\n"


_FISH: Final = r"""
function __repoint_at
  set -l path
  set -l value no
  for word in (commandline -opc)[2..-1]
    if test $value = yes
      set value no
      continue
    end
    if contains -- $word @TAKING@
      set value yes
      continue
    end
    set -l next (string join ' ' -- $path $word)
    if contains -- $next @COMMANDS@
      set path $next
    end
  end
  test "$path" = "$argv"
end
"""

_SHARED: Final = frozenset(
    {("--help", False), ("--version", False), *((flag.name, bool(flag.metavar)) for flag in GLOBAL_FLAGS)}
)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
