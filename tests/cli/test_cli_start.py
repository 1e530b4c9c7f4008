"""Starting, asking for help, mistyping, breaking off: exit codes, streams, what is imported."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.commandline import repoint
from support.terminal import Terminal

from console import cli
from console.domain.errors import Unreachable
from console.parsing import Parser, parser_of
from console.verbs import GLOBAL_FLAGS, VERBS, Verb, overview
from console.version import VERSION

ROOT = Path(__file__).parents[2]
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkYW5hIn0.c2VjcmV0LXNpZ25hdHVyZQ"
PAT = "patv1_abc123.s3cretS3cret"
HEAVY = ("textual", "rich", "httpx", "aiohttp", "sqlite_utils", "sqlite3", "jwt", "asyncio", "platformdirs")


def loaded(*argv: str) -> set[str]:
    """The modules that a run of the command line leaves behind."""
    code = (
        "import sys; from console.__main__ import main\n"
        f"sys.argv = ['repoint', *{list(argv)!r}]\n"
        "main(); sys.stderr.write('\\n' + ' '.join(sys.modules))"
    )
    return set(repoint(code=code).stderr.rsplit("\n", 1)[1].split())


def test_version_imports_next_to_nothing() -> None:
    bare = set(repoint(code="import sys; sys.stderr.write(' '.join(sys.modules))").stderr.split())
    assert loaded("--version") - bare == {"console", "console.__main__", "console.version"}


def test_the_command_that_is_installed_loads_no_more_than_that(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (source,) = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-scripts"]
    command = tmp_path / "repoint"
    command.write_text((ROOT / source).read_text())
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(command), "--version"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout == f"repoint {VERSION}\n"
    names = [line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()]
    assert set(names[names.index("site") + 1 :]) == {"console", "console.__main__", "console.version"}


def test_help_imports_no_parser_and_nothing_heavy() -> None:
    modules = loaded("--help")
    assert not modules & {*HEAVY, "argparse", "dataclasses", "importlib.metadata", "inspect", "json"}


@pytest.mark.parametrize("verb", ["config", "profile"])
def test_settings_commands_import_no_platform_client_and_no_screen(verb: str) -> None:
    modules = loaded(verb, "--help")
    assert not modules & {*HEAVY}
    assert "console.api.client" not in modules


def test_no_command_imports_the_screens_before_it_runs() -> None:
    code = (
        "import sys\nfrom console.parsing import parser_of\nfrom console.verbs import VERBS\n"
        "[parser_of(verb) for verb in VERBS.values()]\nprint(*sys.modules)"
    )
    modules = set(repoint(code=code).stdout.split())
    assert not modules & {"textual", "rich", "screens", "console.app"}


def test_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
    assert repoint("--version").stdout == f"repoint {VERSION}\n"
    assert repoint("--json", "--version").stdout == f"repoint {VERSION}\n"


def test_help_lists_every_command_and_flag() -> None:
    text = repoint("--help").stdout
    assert text == overview() == repoint("-h").stdout == repoint("help").stdout
    for verb in VERBS:
        assert re.search(rf"^  {verb}  ", text, re.MULTILINE), verb
    for flag in GLOBAL_FLAGS:
        assert f"  {flag.name} " in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_each_command_has_help_with_an_example_that_parses(verb: Verb) -> None:
    import shlex

    parser = parser_of(verb)
    text = parser.format_help()
    example = text.split("example:\n  ")[1].splitlines()[0].partition(" > ")[0]
    words = shlex.split(example)
    assert words[:2] == ["repoint", verb.name]
    parser.parse_args(words[2:])


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_each_command_below_a_command_has_its_example_too(verb: Verb) -> None:
    import shlex

    for name, child in parser_of(verb).subcommands().items():
        example = child.format_help().split("example:\n  ")[1].splitlines()[0].partition(" > ")[0]
        words = shlex.split(example)
        assert words[:3] == ["repoint", verb.name, name]
        child.parse_args(words[3:])


def global_flags_of(parser: Parser) -> set[str]:
    return {name for action in parser.options() for name in action.option_strings}


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_no_command_takes_a_global_flag_for_itself(verb: Verb) -> None:
    todo = [parser_of(verb)]
    while todo:
        parser = todo.pop()
        todo += parser.subcommands().values()
        for flag in GLOBAL_FLAGS:
            (action,) = (a for a in parser.options() if flag.name in a.option_strings)
            assert action.help == flag.help


@pytest.mark.parametrize(
    ("argv", "said", "hint"),
    [
        (["lnks"], "no command 'lnks'", "Did you mean `repoint links`?"),
        (["xyzzy"], "no command 'xyzzy'", "`repoint --help` lists them all"),
        (["--jsn", "links"], "knows no flag --jsn", "Did you mean --json?"),
        (["links", "--limt=3"], "repoint links knows no flag --limt", "Did you mean --limit?"),
        (["config", "shw"], "knows no command 'shw'", "Did you mean show?"),
        (["config", "show", "--jsno"], "repoint config show knows no flag --jsno", "Did you mean --json?"),
        (["config", "show", "extra"], "does not know what to do with 'extra'", "Usage:"),
        (["config"], "required: show|path|init", "Usage: repoint config"),
        (["--profile"], "--profile needs a value", "Usage:"),
        (["links", "--limit", "0"], "--limit takes a whole number of 1 or more, not 0", "Usage:"),
        (["links", "--limit=-1"], "--limit takes a whole number of 1 or more, not -1", "Usage:"),
        (["runs", "--limit", "x"], "--limit takes a whole number, not 'x'", "Usage:"),
        (["run", "p.json", "--max-writes", "0"], "--max-writes takes a whole number of 1 or more", "Usage:"),
        (["watch", "--every", "0"], "--every takes seconds from 1 to 86400, not '0'", "Usage:"),
        (["health", "--timeout", "0"], "--timeout takes seconds from 0.1 to 86400, not '0'", "Usage:"),
        (["health", "--timeout", "nan"], "--timeout takes seconds from 0.1 to 86400, not 'nan'", "Usage:"),
        (["health", "--timeout", "inf"], "--timeout takes seconds from 0.1 to 86400, not 'inf'", "Usage:"),
        (["completion", "tcsh"], "'tcsh'", "Did you mean zsh?"),
        (["links", "--lim", "3"], "knows no flag --lim", "--limit"),
    ],
)
def test_wrong_words_end_with_2_and_the_nearest_right_one(argv: list[str], said: str, hint: str) -> None:
    done = repoint(*argv)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("argv", [["--json", "config", "path"], ["config", "--json", "path"],
                                  ["config", "path", "--json"]])  # fmt: skip
def test_global_flags_stand_before_or_after(argv: list[str]) -> None:
    assert repoint(*argv).stdout.startswith('{"config": ')


def test_errors_with_json_are_one_document_on_standard_error() -> None:
    import json

    done = repoint("links", "--json")
    assert done.stdout == ""
    error = json.loads(done.stderr)["error"]
    assert list(error) == ["code", "title", "detail", "hint", "request_id"]
    assert error["code"] == "config"
    assert error["request_id"] is None


def test_without_a_profile_the_console_says_how_to_make_one() -> None:
    done = repoint()
    assert done.returncode == 2
    assert "repoint config init" in done.stderr
    assert "repoint demo" in done.stderr


def test_without_a_terminal_the_console_does_not_start() -> None:
    env = {"REPOINT_BASE_URL": "https://api.example", "REPOINT_HANDLE": "acme", "REPOINT_TOKEN": PAT}
    done = repoint(env=env)
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


@pytest.mark.parametrize("argv", [["links", JWT], ["--handle", PAT, "links"], ["links", f"--token={JWT}"],
                                  ["links", "--token", "s3cret"], [f"text:{JWT}"]])  # fmt: skip
def test_a_token_on_the_command_line_is_refused_and_not_repeated(argv: list[str], home: Path) -> None:
    done = repoint(*argv)
    assert done.returncode == 2
    assert "revoke" in done.stderr
    for piece in ("s3cret", "c2VjcmV0", "patv1_", "eyJ"):
        assert piece not in done.stdout + done.stderr
    assert not home.exists()


def test_hostile_words_are_shown_as_text() -> None:
    done = repoint("a\x1b[2J\u202e\udcff")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr


PIPE = "import sys; from console.__main__ import main; sys.argv = ['repoint', *{argv!r}]; sys.exit(main())"


def run_into(stdout: int, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "console", *argv], stdout=stdout, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **env}, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["config", "path"], ["completion", "bash"]])
def test_a_reader_that_went_away_ends_it_quietly(argv: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = run_into(write, *argv)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["config", "path"]])
def test_output_that_cannot_be_written_is_a_failure_and_said(argv: list[str]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    done = run_into(full, *argv)
    os.close(full)
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", ["1", "2", "0"])
@pytest.mark.parametrize(("argv", "code"), [("--version", 0), ("config path", 0), ("lnks", 2)])
def test_closed_streams_change_no_exit_code(closed: str, argv: str, code: int) -> None:
    sign = "<" if closed == "0" else ">"
    line = f"'{sys.executable}' -m console {argv} {closed}{sign}&-"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("env", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
                                 {"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"}])  # fmt: skip
def test_plain_surroundings_do_no_harm(env: dict[str, str]) -> None:
    done = repoint("zażółć", env=env)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.isascii() == ("TERM" not in env)


def test_data_that_the_terminal_cannot_encode_is_spelled_out() -> None:
    env = {
        "PYTHONIOENCODING": "ascii:strict",
        "REPOINT_BASE_URL": "https://a.example",
        "REPOINT_HANDLE": "zażółć",
    }
    done = repoint("config", "show", env=env)
    assert done.returncode == 0
    assert "za\\u017c\\xf3" in done.stdout


def test_colour_is_for_terminals_that_want_it() -> None:
    for env, colored in (({}, True), ({"NO_COLOR": "1"}, False), ({"CLICOLOR": "0"}, False),
                         ({"TERM": "dumb"}, False)):  # fmt: skip
        with Terminal(["-m", "console", "lnks"], **env) as terminal:
            assert terminal.ended() == 2
            assert ("\x1b[31m" in terminal.output) is colored, env
    with Terminal(["-m", "console", "--no-color", "lnks"]) as terminal:
        terminal.ended()
        assert "\x1b" not in terminal.output
    assert "\x1b" not in repoint("lnks", env={"TERM": "xterm-256color"}).stderr


BROKEN = """
import os, sys, types
from console import verbs
from console.domain.target import Secret
room = types.ModuleType("console.subcommands.broken")
room.EXAMPLE = "repoint broken"
room.add_arguments = lambda parser: None
def run(args):
    token = "patv1_abc123.s3cretS3cret"
    {body}
room.run = run
sys.modules[room.__name__] = room
verbs.VERBS["broken"] = verbs.Verb("broken", "Look", "breaks")
from console.__main__ import main
sys.argv = ["repoint", "broken", *{argv!r}]
sys.exit(main())
"""


def broken(body: str, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return repoint(code=BROKEN.format(body=body, argv=list(argv)), env=env)


def test_an_unexpected_error_is_one_sentence_and_a_private_report(home: Path) -> None:
    done = broken("raise ValueError('the token is ' + token)", REPOINT_HOME=str(home))
    assert (done.returncode, done.stdout) == (1, "")
    assert "an error of its own (ValueError)" in done.stderr
    assert "Traceback" not in done.stderr
    (report,) = (home / "crashes").iterdir()
    assert str(report) in done.stderr
    assert report.stat().st_mode & 0o777 == 0o600
    text = report.read_text()
    assert "ValueError" in text
    assert re.search(r"console/cli\.py:\d+ in run", text)
    for canary in ("s3cret", "patv1_", "the token is"):
        assert canary not in text + done.stderr
    assert str(home) not in text


def test_the_report_goes_where_it_outlives_the_run(home: Path, tmp_path: Path) -> None:
    done = broken(f"os.environ['REPOINT_HOME'] = {str(tmp_path / 'gone')!r}; 1 / 0")
    assert str(home / "crashes") in done.stderr


def test_a_report_that_cannot_be_written_still_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = broken("raise KeyError", REPOINT_HOME=str(tmp_path / "file"))
    assert done.returncode == 1
    assert "No report could be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_old_reports_make_room(home: Path) -> None:
    from console.ops.crashes import write_crash

    for _ in range(25):
        write_crash(ValueError(), home / "crashes")
    assert len(list((home / "crashes").iterdir())) == 20


@pytest.mark.parametrize("body", ["def f(): f()\n    f()", "raise RecursionError", "raise MemoryError"])
def test_deep_trouble_is_bounded(body: str, home: Path) -> None:
    assert broken(body).returncode == 1
    (report,) = (home / "crashes").iterdir()
    assert report.stat().st_size < 64_000


def test_interrupting_ends_with_130_and_no_traceback() -> None:
    done = broken("raise KeyboardInterrupt")
    assert (done.returncode, done.stderr) == (130, "Interrupted\n")


def test_what_libraries_log_and_threads_fail_with_is_not_printed() -> None:
    body = (
        "import logging, threading; logging.getLogger('x').error('patv1_abc.def')\n"
        "    t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join(); return 0"
    )
    assert broken(body).stderr == ""


def test_core_dumps_are_off_before_anything_runs() -> None:
    code = (
        "import resource, sys; said = []\n"
        "resource.getrlimit = lambda which: (5, 7)\n"
        "resource.setrlimit = lambda which, limits: said.append((which, limits))\n"
        "from console.__main__ import main; sys.argv = ['repoint', 'config', 'path']; main(); print(said)"
    )
    assert repoint(code=code).stdout.endswith(f"\n[({resource.RLIMIT_CORE}, (0, 7))]\n")


def test_files_are_private_whatever_the_umask() -> None:
    assert broken("print(oct(os.umask(0))); return 0").stdout == "0o77\n"


def test_a_command_that_streams_to_nobody_ends_quietly(home: Path) -> None:
    done = broken("raise BrokenPipeError")
    assert (done.returncode, done.stderr) == (0, "")
    assert not home.exists()


def test_the_process_of_a_test_is_left_as_it_is() -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE), os.umask(0o022)
    cli.run(["config", "path"])
    assert resource.getrlimit(resource.RLIMIT_CORE) == before[0]
    assert os.umask(before[1]) == 0o022


def test_a_lost_answer_to_a_write_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: object) -> int:
        raise Unreachable("no answer", phase="first byte", applied="unknown")

    monkeypatch.setattr("console.subcommands.config.run", lost)
    assert cli.run(["config", "path"]) == 5
