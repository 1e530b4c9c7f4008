"""Where settings, cache, journal and crash reports stand on this machine.

`REPOINT_HOME` holds all of them; without it they stand in the user's own folders (XDG).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.domain.errors import ConfigProblem

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_XDG: Final = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")


@dataclass(frozen=True, slots=True)
class Places:
    """The folders. They may not exist yet: whoever writes into one makes it private first.

    Attributes:
        config: holds `config.toml`.
        cache: what can be fetched again.
        state: what cannot: the journal, crash reports.
    """

    config: Path
    cache: Path
    state: Path

    def config_path(self) -> Path:
        """The settings file."""
        return self.config / "config.toml"

    def cache_path(self, target_key: str) -> Path:
        """The cache of one target (`Target.key`), named for its handle and told apart by a hash."""
        handle = _UNSAFE.sub("_", target_key.rpartition("|")[2])[:40].strip("_") or "target"
        digest = hashlib.sha256(target_key.encode("utf-8", "backslashreplace")).hexdigest()[:12]
        return self.cache / "links" / f"{handle}-{digest}.db"

    def journal_path(self) -> Path:
        """The journal of this home: one for all targets."""
        return self.state / "journal.db"

    def crash_dir(self) -> Path:
        """The folder of crash reports."""
        return self.state / "crashes"


def places(environ: Mapping[str, str] | None = None) -> Places:
    """The folders of this user.

    Raises:
        ConfigProblem: no home to put them in.
    """
    env = os.environ if environ is None else environ
    if env.get("REPOINT_HOME"):
        home = Path(os.path.abspath(Path(env["REPOINT_HOME"]).expanduser()))  # noqa: PTH100 - a link is not followed
        return Places(home, home / "cache", home)
    if not env.get("HOME") and not all(env.get(name) for name in _XDG):
        raise ConfigProblem(
            "HOME is not set, so there is no place for settings and cache",
            hint="Set HOME, or name one folder for everything in REPOINT_HOME",
        )
    import platformdirs

    dirs = platformdirs.PlatformDirs("repoint", appauthor=False)
    return Places(dirs.user_config_path, dirs.user_cache_path, dirs.user_state_path)


def cache_path(target_key: str) -> Path:
    """The cache file of one target (`Target.key`)."""
    return places().cache_path(target_key)


def journal_path() -> Path:
    """The journal file of this home."""
    return places().journal_path()


def crash_dir() -> Path:
    """The folder of crash reports."""
    return places().crash_dir()
