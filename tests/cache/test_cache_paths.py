"""Files are ours alone, whatever the umask and whoever planted what."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cache_support import child, filled, mode

from cache.database import (
    open_cache,
    open_journal,
    transaction,
)
from cache.paths import private_dir, private_file
from console.domain.errors import StorageProblem

ROOT = os.geteuid() == 0


@pytest.mark.parametrize("umask", ["0", "0o777"])
def test_folders_and_files_are_private_whatever_the_umask(
    cache_path: Path, journal_path: Path, umask: str
) -> None:
    names = child(
        """
        import os, sys
        from pathlib import Path
        os.umask(int(sys.argv[3], 0))
        from cache.database import open_cache, open_journal, transaction, suspect_file
        from cache.journal import Journal
        from cache.links import Inventory
        from cache.problems import _note_suspect
        from console.domain.links import Link
        cache, journal = Path(sys.argv[1]), Path(sys.argv[2])
        opened, kept = open_cache(cache).connection, open_journal(journal)
        Inventory(opened).put(Link("slug", "https://x.example"), 1.0)
        _note_suspect(cache)
        seen = []
        with transaction(kept):
            kept.execute("INSERT INTO memories VALUES ('a', 'b')")
            seen += [*cache.parent.iterdir(), *journal.parent.iterdir()]
            for path in [*seen, cache.parent, journal.parent, cache.parent.parent]:
                print(path.name, oct(path.stat().st_mode & 0o777))
        """,
        cache_path,
        journal_path,
        umask,
    )
    modes = dict(line.split() for line in names.splitlines())
    assert {
        "links.db",
        "links.db-wal",
        "links.db-shm",
        "journal.db",
        "journal.db-journal",
        "journal.expected",
    } <= set(modes)
    folders = {"cache", "state", "place"}
    assert all(m == ("0o700" if name in folders else "0o600") for name, m in modes.items()), modes


def test_looser_files_and_folders_are_tightened(cache_path: Path) -> None:
    filled(cache_path)
    cache_path.chmod(0o644)
    cache_path.parent.chmod(0o755)
    cache_path.with_name("links.db-wal").touch(mode=0o666)
    open_cache(cache_path).connection.close()
    assert (mode(cache_path), mode(cache_path.parent)) == (0o600, 0o700)


def test_a_folder_that_others_may_write_to_is_refused_and_named(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o770)
    with pytest.raises(StorageProblem, match="shared can be written by others"):
        open_cache(shared / "cache" / "links.db")
    shared.chmod(0o1777)  # as /tmp: nobody else can take our folder away
    open_cache(shared / "cache" / "links.db").connection.close()


@pytest.mark.parametrize("kind", ["link to a folder", "file", "another user's"])
def test_a_folder_that_is_not_plainly_ours_is_refused_and_named(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "place"
    if kind == "link to a folder":
        (tmp_path / "real").mkdir(mode=0o700)
        place.symlink_to(tmp_path / "real")
    elif kind == "file":
        place.touch()
    elif ROOT:
        place.mkdir(mode=0o700)
        os.chown(place, 12345, 12345)
    else:
        pytest.skip("only root can give a folder away")
    with pytest.raises(StorageProblem, match="place"):
        private_dir(place)
    with pytest.raises(StorageProblem, match="place"):
        open_journal(place / "journal.db")


@pytest.mark.parametrize("name", ["links.db", "links.db-wal", "links.db.lock"])
def test_a_planted_symbolic_link_is_never_followed(cache_path: Path, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    private_dir(cache_path.parent)
    cache_path.with_name(name).symlink_to(victim)
    with pytest.raises(StorageProblem, match="symbolic link"):
        open_cache(cache_path)
    assert victim.read_bytes() == b"precious"


def test_a_planted_journal_link_is_never_followed_even_into_nothing(
    journal_path: Path, tmp_path: Path
) -> None:
    private_dir(journal_path.parent)
    journal_path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(StorageProblem, match="symbolic link"):
        open_journal(journal_path)
    assert not (tmp_path / "nowhere").exists()


def test_making_a_file_private_leaves_the_locks_on_it_alone(cache_path: Path) -> None:
    """POSIX locks go with the first close of any descriptor; so an existing file is not opened."""
    connection = open_cache(cache_path).connection
    with transaction(connection):
        private_file(cache_path)
        code = """
            import sqlite3, sys
            try:
                sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                print(error)
            """
        assert child(code, cache_path) == "database is locked"
    connection.close()
