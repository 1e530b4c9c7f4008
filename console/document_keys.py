"""The keys of what `--json` prints, command by command: a contract. They may be added to; none goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_WRITE: Final = (
    "outcome", "slug", "from", "to", "new_version", "verified", "overtaken_by", "guard", "way", "request_id",
    "run", "checks", "refusal", "message", "hint",
)  # fmt: skip
_RUN: Final = (
    "run", "kind", "way", "state", "stop_reason", "hold_until", "outcomes", "total", "writes_spent", "items",
    "changed", "unwell", "undoes", "retries", "message", "hint",
)  # fmt: skip
_PLAN: Final = (
    "kind", "schema", "id", "kind_of_batch", "target", "created_at", "expires_at", "made", "operator",
    "reason", "rule", "undoes", "items", "left_out", "ways", "digest", "state", "phrase", "proposed",
)  # fmt: skip
_SETTINGS: Final = ("profile", "config", "settings")
_NOTE: Final = ("seq", "at", "text", "incident", "todos")
_SCORE: Final = (
    "drill", "at", "score", "seconds", "mended", "targets", "wrong_moves", "writes", "best_writes",
    "refusals", "heeded", "seed", "links",
)  # fmt: skip

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "links": (
        "slug", "destination_url", "host", "title", "version", "enabled", "health", "verdict", "status_code",
        "latency_ms", "checked_at", "updated_at", "clicks", "held", "bad",
    ),
    "history": ("slug", "live", "versions", "complete", "as_of", "source"),
    "history -o": ("file", "slug", "versions"),
    "diff": ("slug", "before", "after", "changes", "visitors_affected", "as_of", "source"),
    "preview": (
        "slug", "live", "version", "routes", "platform", "platform_agrees", "short_link", "as_of", "source",
    ),
    "health": (
        "slug", "destination_url", "verdict", "phase", "status_code", "latency_ms", "final_url", "from",
        "checked_at", "detail",
    ),
    "health --outages": (
        "host", "band", "links", "kinds", "since", "checked_at", "here", "platform", "difference", "flapping",
        "slugs",
    ),
    "watch": (
        "slug", "held_at", "live", "host", "change", "links", "before", "since", "difference", "detail",
    ),
    "export": ("links",),
    "export -o": ("file", "format", "links"),
    "sync": (
        "links", "new", "changed", "removed", "health_results", "unread", "unread_links", "kept", "as_of",
    ),
    "journal": ("seq", "at", "kind", "incident", "fields", "hash"),
    "journal --verify": ("ok", "entries", "faults"),
    "status": (
        "text", "incident", "handle", "environment", "failing_links", "hosts", "outcomes", "verified_links",
        "unsettled", "writes_left", "left_to_do", "as_of",
    ),
    "timeline": (
        "kind", "schema", "incident", "handle", "environment", "since", "until", "began", "began_from",
        "detected", "mitigated", "verified", "seconds_to_detect", "seconds_to_first_mitigation",
        "seconds_to_verified", "operators", "outcomes", "writes_sent", "verified_links", "runs", "changes",
        "events", "left_to_do", "journal",
    ),
    "evidence -o": ("file", "subject", "files", "entries", "held_back", "from_cache"),
    "evidence --check": (
        "ok", "subject", "made_by", "made_at", "files", "entries", "held_back", "faults",
    ),
    "rollback": _WRITE,
    "undo (of a rollback)": _WRITE,
    "demo --headless": _WRITE,
    "plan rollback": (*_PLAN, "file", "reach", "budget"),
    "plan repoint": (*_PLAN, "file", "reach", "budget"),
    "plan show": _PLAN,
    "run": _RUN,
    "runs": ("runs",),
    "runs show": _RUN,
    "resume": _RUN,
    "retry": _RUN,
    "cancel": _RUN,
    "undo (of a run)": _RUN,
    "import": (
        "run", "state", "stop_reason", "rows", "valid", "created", "updated", "unchanged", "skipped", "stale",
        "failed", "unknown", "pending", "rejected_rows", "rejected", "stale_rows", "failed_rows", "updates",
        "mapping", "guessed", "ignored", "encoding", "delimiter", "foreign_hosts", "writes_needed",
        "seconds_needed", "writes_spent", "rejects_file", "destinations",
    ),
    "reconcile": ("settled",),
    "arm": ("profile", "armed", "seconds"),
    "note": _NOTE,
    "handoff -o": ("incident", "file", "said", "bad_versions", "holds", "open_writes"),
    "handoff --take": ("incident", "from", "notes", "todos", "bad_versions", "holds", "open_writes"),
    "report": ("id", "state", "report_id", "request_id", "body", "message"),
    "login": (
        "operator", "name", "role", "plan", "profile", "handle", "base_url", "token_kind", "token_id",
        "token_expires_at", "token_signature", "warnings", "stored", "next",
    ),
    "whoami": (
        "operator", "name", "role", "handle", "plan", "profile", "environment", "base_url", "token_id",
        "token_expires_at", "token_signature", "handles",
    ),
    "budget": (
        "plan", "limit", "used", "left", "reserve", "free_for_other_work", "day", "as_of", "told",
        "sent_since", "charged", "time_zone", "resets_at", "resets_not_before", "resets_not_after",
    ),
    "config show": _SETTINGS,
    "config path": ("config", "cache", "state"),
    "config init": ("profile", "config"),
    "profile list": ("profiles", "config"),
    "profile show": _SETTINGS,
    "profile add": ("profile", "config"),
    "doctor": ("ok", "profile", "counts", "checks", "repaired"),
    "cache info": (
        "path", "exists", "size_bytes", "links", "timelines", "health_results", "sightings", "synced_at",
        "journal", "journal_bytes",
    ),
    "cache prune": ("path", "health_results", "sightings", "size_bytes", "imports"),
    "cache clear": ("path", "cleared"),
    "completion": ("shell", "script"),
    "drill": (*_SCORE, "best_line"),
    "drill list": ("drill", "title", "task", "par"),
    "drill scores": (
        "drill", "at", "score", "seconds", "wrong_moves", "writes", "refusals", "heeded", "seed", "links",
    ),
    "sandbox": ("base_url", "handle", "token", "pat", "landing_base"),
}  # fmt: skip
"""In the order of the document. What lists (links, health, watch, journal) prints one document a line."""
