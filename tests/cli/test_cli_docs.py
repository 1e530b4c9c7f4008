"""What is written about the program is what it says of itself."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from console.app import chosen_screen
from console.exits import MEANINGS, ExitCode
from console.ops.profiles.keys import KEYS
from console.parsing import parser_of
from console.verbs import VERBS
from screens.keymap import keymap_of
from screens.themes import THEME_NAMES

ROOT = Path(__file__).parents[2]
REMEDY = "it is stale: run `.venv/bin/python .ci/docs.py` and commit what it wrote"


@pytest.fixture(scope="module")
def docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_script", ROOT / ".ci" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_lists_every_command_setting_and_exit_code(docs: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert docs.readme(text) == text, REMEDY


def test_the_guide_lists_every_key_and_its_settings_work(docs: ModuleType) -> None:
    text = docs.GUIDE.read_text(encoding="utf-8")
    assert docs.guide(text) == text, REMEDY
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        parsed = tomllib.loads(block)
        chosen_screen(parsed.get("screen", {}))
        assert len(keymap_of(parsed.get("keys", {})).changed()) == len(parsed.get("keys", {}))
        assert set(parsed.get("profiles", {}).get("acme", {})) <= set(KEYS)
    assert all(f"`{name}`" in text or f" {name}" in text for name in THEME_NAMES)


def test_the_manual_page_is_that_of_the_parsers(docs: ModuleType) -> None:
    assert docs.MANUAL.read_text(encoding="utf-8") == docs.manual(), REMEDY


def test_a_stale_block_is_noticed_and_written_anew(docs: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    stale = text.replace("| `repoint rollback` |", "| `repoint rollbak` |")
    assert stale != text
    assert docs.readme(stale) == text


def test_every_exit_code_is_explained() -> None:
    assert list(MEANINGS) == list(ExitCode)


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff here")
def test_the_manual_page_formats_without_a_warning(docs: ModuleType) -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-z", str(docs.MANUAL)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def commands_in(text: str) -> list[str]:
    """The `repoint ...` lines of a page's shell blocks, without comments."""
    found = []
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        found += re.findall(r"^(?:\.venv/bin/)?(repoint [^#>|\n]*?)\s*(?:[#>|].*)?$", block, re.MULTILINE)
    return found


@pytest.mark.parametrize("page", ["README.md", ".github/guide/operators.md"])
def test_every_command_of_a_page_parses(page: str) -> None:
    lines = commands_in((ROOT / page).read_text(encoding="utf-8"))
    assert len(lines) > 4
    for line in lines:
        _, verb, *words = shlex.split(line)
        parser_of(VERBS[verb]).parse_args(words)


def test_every_file_that_a_page_names_is_there() -> None:
    for page in ("README.md", ".github/SECURITY.md", ".github/guide/operators.md", ".github/CONTRIBUTING.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        named = re.findall(r"`((?:tests|console|screens|cache|\.ci|\.github)/[A-Za-z0-9_./*-]+)`", text)
        named += [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
        for name in named:
            assert list(ROOT.glob(name)), f"{page} names {name}"
