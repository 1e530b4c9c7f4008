"""The tables, as plain SQL: what stands in the cache, what stands in the journal.

A change of these is a new entry of `migrations`, never an edit of an old one.
"""

from __future__ import annotations

from typing import Final

CACHE_VERSION: Final = 2
"""`user_version` of a cache that this program writes."""
JOURNAL_VERSION: Final = 2
"""`user_version` of a journal that this program writes."""
CACHE_ID: Final = 0x52705463
"""`application_id` of a cache: RpTc."""
JOURNAL_ID: Final = 0x5270546A
"""`application_id` of a journal: RpTj."""

# `links` is narrow, so that filters scan little; the whole record stands apart in `records`.
# `version` has no declared type: 3 stays a number and "3" a text.
CACHE_1: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE links (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  destination TEXT NOT NULL,
  host TEXT NOT NULL,
  host_key TEXT NOT NULL,
  title TEXT NOT NULL,
  title_key TEXT,
  tags TEXT NOT NULL,
  categories TEXT NOT NULL,
  updated_by TEXT NOT NULL,
  version,
  updated_at REAL,
  starts_at REAL,
  ends_at REAL,
  enabled INTEGER NOT NULL,
  has_password INTEGER NOT NULL,
  rule_count INTEGER NOT NULL,
  clicks INTEGER,
  fetched_at REAL NOT NULL,
  generation INTEGER NOT NULL,
  rank INTEGER NOT NULL DEFAULT 3,
  verdict TEXT,
  vantage TEXT,
  status_code INTEGER,
  latency_ms REAL,
  checked_at REAL,
  detail TEXT NOT NULL DEFAULT ''
);
CREATE TABLE records (id INTEGER PRIMARY KEY, record TEXT NOT NULL);
CREATE VIRTUAL TABLE links_fts USING fts5(
  slug, title, destination, tags, description,
  content='', columnsize=0, tokenize='unicode61 remove_diacritics 2'
);
CREATE TABLE link_marks (
  slug TEXT PRIMARY KEY, held INTEGER NOT NULL DEFAULT 0, bad INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE timelines (
  slug TEXT PRIMARY KEY, link_id TEXT NOT NULL, as_of REAL NOT NULL, complete INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE TABLE sightings (
  id INTEGER PRIMARY KEY, target_key TEXT NOT NULL, operator TEXT NOT NULL, slug TEXT NOT NULL,
  link_id TEXT NOT NULL, version NOT NULL, fingerprint TEXT NOT NULL, seen TEXT NOT NULL,
  source TEXT NOT NULL, wall TEXT NOT NULL, monotonic REAL NOT NULL, boottime REAL NOT NULL,
  boot_id TEXT NOT NULL
);
CREATE INDEX sightings_by_link ON sightings (slug, operator, id);
CREATE TABLE health (
  id INTEGER PRIMARY KEY, slug TEXT NOT NULL, vantage TEXT NOT NULL, checked_at REAL NOT NULL,
  verdict TEXT NOT NULL, failing INTEGER, destination TEXT NOT NULL, host TEXT NOT NULL, phase TEXT,
  status_code INTEGER, latency_ms REAL, final_url TEXT, detail TEXT NOT NULL, failing_since REAL, version
);
CREATE INDEX health_by_link ON health (slug, vantage, checked_at);
CREATE INDEX health_by_host ON health (host, checked_at, failing);
CREATE TABLE health_now (
  slug TEXT NOT NULL, vantage TEXT NOT NULL, health_id INTEGER NOT NULL, PRIMARY KEY (slug, vantage)
) WITHOUT ROWID;
"""

CACHE_2: Final = """
CREATE INDEX health_by_time ON health (checked_at);
"""

SORT_INDEXES: Final = {
    "links_health": "links (rank, slug)",
    "links_destination": "links (destination, slug)",
    "links_version": "links (version, slug)",
    "links_changed": "links (updated_at, slug)",
    "links_checked": "links (checked_at, slug)",
    "links_clicks": "links (clicks, slug)",
    "links_host": "links (host_key, host, rank)",
}
"""An index for each order that lists are shown in, and one for the host."""

# At most one open write a link, kept by the database itself whatever the code does.
JOURNAL_1: Final = """
CREATE TABLE writes (
  key TEXT PRIMARY KEY, run TEXT NOT NULL, row_no INTEGER NOT NULL, target_key TEXT NOT NULL,
  base_url TEXT NOT NULL, handle TEXT NOT NULL, operator TEXT NOT NULL, slug TEXT NOT NULL,
  link_id TEXT NOT NULL, expected_version, expected_fingerprint TEXT NOT NULL, target_version,
  target_fingerprint TEXT NOT NULL, reason TEXT NOT NULL, way TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL, http_status INTEGER, request_id TEXT, new_version, outcome TEXT,
  detail TEXT NOT NULL, created_at TEXT NOT NULL, mono REAL NOT NULL, boottime REAL NOT NULL,
  boot_id TEXT NOT NULL, holder_pid INTEGER NOT NULL, holder_started TEXT NOT NULL,
  holder_boot_id TEXT NOT NULL, holder_host TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE UNIQUE INDEX writes_open ON writes (target_key, slug)
  WHERE state IN ('prepared', 'sent', 'unknown');
CREATE INDEX writes_by_link ON writes (target_key, slug);
CREATE INDEX writes_by_run ON writes (run, row_no);
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, wall REAL NOT NULL, body TEXT NOT NULL,
  previous TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE INDEX entries_by_time ON entries (wall);
CREATE TABLE head (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL
);
INSERT INTO head VALUES (1, 0, '');
CREATE TABLE bad_versions (
  target_key TEXT NOT NULL, slug TEXT NOT NULL, version NOT NULL, why TEXT NOT NULL,
  noted_by TEXT NOT NULL, noted_at TEXT NOT NULL, PRIMARY KEY (target_key, slug, version)
) WITHOUT ROWID;
CREATE TABLE holds (
  target_key TEXT NOT NULL, slug TEXT NOT NULL, version NOT NULL, fingerprint TEXT NOT NULL,
  held_by TEXT NOT NULL, held_at TEXT NOT NULL, PRIMARY KEY (target_key, slug)
) WITHOUT ROWID;
CREATE TABLE arms (
  profile TEXT PRIMARY KEY, wall TEXT NOT NULL, boottime REAL NOT NULL, boot_id TEXT NOT NULL,
  armed_by TEXT NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE memories (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

# `run_items` has one row an item from the first moment on, so that a run's outcomes always add up.
JOURNAL_2: Final = """
CREATE TABLE runs (
  run TEXT PRIMARY KEY, kind TEXT NOT NULL, target_key TEXT NOT NULL, operator TEXT NOT NULL,
  way TEXT NOT NULL, reason TEXT NOT NULL, plan TEXT NOT NULL, digest TEXT NOT NULL, total INTEGER NOT NULL,
  state TEXT NOT NULL, stop_reason TEXT NOT NULL, asked TEXT NOT NULL, hold_until TEXT NOT NULL,
  undoes TEXT NOT NULL, retries TEXT NOT NULL, overrides TEXT NOT NULL, created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL, holder_pid INTEGER NOT NULL, holder_started TEXT NOT NULL,
  holder_boot_id TEXT NOT NULL, holder_host TEXT NOT NULL
);
CREATE INDEX runs_by_target ON runs (target_key, created_at);
CREATE TABLE run_items (
  run TEXT NOT NULL, row_no INTEGER NOT NULL, slug TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL,
  new_version, overtaken_by, request_id TEXT, updated_at TEXT NOT NULL, PRIMARY KEY (run, row_no)
) WITHOUT ROWID;
"""
