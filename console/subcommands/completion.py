"""`repoint completion bash|zsh|fish`: shell completion, made from the parsers themselves."""

from __future__ import annotations

import argparse

from console.exits import ExitCode
from console.output import Output

EXAMPLE = "repoint completion bash > ~/.local/share/bash-completion/completions/repoint"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="for which shell")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    from console.subcommands.completion_scripts import script

    out, text = Output.of(args), script(args.shell)
    if out.json:
        out.document({"shell": args.shell, "script": text})
    else:
        out.verbatim(text)
    return ExitCode.DONE
