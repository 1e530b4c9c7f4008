"""Help and a mistyped flag are answered at once: no command loads the core to read its arguments."""

from __future__ import annotations

import json
from pathlib import Path

from console.verbs import VERBS
from tests.support.commandline import repoint

CORE = {
    "httpx", "aiohttp", "textual", "rich", "sqlite_utils", "sqlite3", "asyncio", "jwt", "can_ada",
    "starlette", "uvicorn", "console.ops.session", "cache.links", "console.api.client",
    "console.practice.platform",
}  # fmt: skip
"""What no command may load before it runs."""
LOOK = """
import json, os, sys
from console.parsing import TextAsked, parse
from console.verbs import VERBS

found = {}
for name in VERBS:
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        assert status == 0, name
        continue
    try:
        parse([name, "--help"])
    except TextAsked:
        with open(sys.argv[1] + "/" + name, "w") as file:
            json.dump(sorted(sys.modules), file)
    os._exit(0)
"""


def test_the_help_of_no_command_loads_the_core(tmp_path: Path) -> None:
    done = repoint(str(tmp_path), code=LOOK)
    assert (done.returncode, done.stderr) == (0, "")
    loaded = {name: set(json.loads((tmp_path / name).read_text())) for name in VERBS}
    assert {name: modules & CORE for name, modules in loaded.items() if modules & CORE} == {}


def test_choices_that_the_parser_must_not_import_are_those_of_the_core() -> None:
    from cache.links import Sort
    from console.domain.plans import Way
    from console.ops.importing.exporting import Format
    from console.ops.importing.prune import KEEP_DAYS
    from console.ops.importing.values import CHUNK_ROWS, MAX_CHUNK_ROWS, Existing
    from console.practice.names import SCENARIO_NAMES
    from console.practice.scenarios import SCENARIOS
    from console.subcommands import cache_files, import_links
    from console.subcommands.export import FORMATS
    from console.subcommands.links import SORTS
    from console.subcommands.rollback import WAYS

    assert tuple(sort.value for sort in Sort) == SORTS
    assert tuple(way.value for way in Way) == WAYS
    assert set(SCENARIO_NAMES) == set(SCENARIOS)
    assert tuple(form.value for form in Format) == FORMATS
    assert tuple(policy.value for policy in Existing) == import_links.POLICIES
    assert cache_files._IMPORTS_DAYS == KEEP_DAYS
    assert (CHUNK_ROWS, MAX_CHUNK_ROWS) == (import_links.ROWS, import_links.MOST_ROWS)
