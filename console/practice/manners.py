"""How the practice platform behaves where real ones differ: off, as platform-api assumes, until set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Manners:
    """Ways in which an answer may be given.

    Attributes:
        pat_everywhere: a PAT is let in on the control plane too.
        export_by_url: the export answers `{url}`, a signed address that is read without credentials.
        imports_in_background: an import of more rows than this answers 202 and is polled; None: never.
        imports_answer: status of an import that was done at once and refused no row.
        imports_without_rows: an import answers with counts alone.
        slow_ms: told delay from which the health check calls a page slow, milliseconds.
        garbled: records of the export that stand there as another text, by slug (NDJSON and JSON).
        checks_at_once: links that a health check answers at once; more make a run that is polled.
    """

    pat_everywhere: bool = False
    export_by_url: bool = False
    imports_in_background: int | None = None
    imports_answer: int = 200
    imports_without_rows: bool = False
    slow_ms: float = 3000.0
    checks_at_once: int = 200
    garbled: Mapping[str, str] = field(default_factory=dict)
