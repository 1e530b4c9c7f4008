"""The hands that steer a practice platform from outside: rivals, backups, clocks. Safe from any thread."""

from __future__ import annotations

import json
import re
from typing import Any

from console.domain.links import JSON
from console.practice.problems import no_such_link
from console.practice.records import checked
from console.practice.state import State
from console.practice.store import Cause, Event, Held, version_text


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found.group(1).upper(), name)


class Control(State):
    """What a test, a drill or a scripted rival may do to the platform without going through its API."""

    def _held(self, slug: str) -> Held:
        held = self.store.get(slug)
        if held is None:
            raise no_such_link(slug)
        return held

    def link(self, slug: str) -> dict[str, Any]:
        """The live link, as the API shows it."""
        found: dict[str, Any] = json.loads(self._held(slug).text(self.short_base))
        return found

    def history(self, slug: str) -> list[dict[str, Any]]:
        """The versions, as the API shows them, newest first."""
        held = self._held(slug)
        return [json.loads(version_text(self.short_base, held, kept)) for kept in self.store.versions(held)]

    def edit(self, slug: str, by: str = "rival", note: str = "dashboard", **fields: JSON) -> int:
        """Somebody else changes the link (or makes it); returns the new version's number.

        Fields are the API's (`destinationUrl`) or in snake case (`destination_url`). With no field at all,
        a tag is added.
        """
        changes = {_camel(name): value for name, value in fields.items()}
        with self.store.lock:
            held = self.store.get(slug)
            record = {} if held is None else held.content()
            if not changes:
                changes = {"tags": [*record.get("tags", []), f"by-{by}"]}
            password = None if held is None else held.password
            password = changes.pop("password", password)
            action = "create" if held is None else "update"
            made = self.store.write(slug, checked({**record, **changes}), password, Cause(by, action, note))
        return made.version

    def rollback_as(self, slug: str, version: int, by: str = "rival", note: str = "") -> int:
        """Somebody else rolls the link back; returns the new version's number."""
        with self.store.lock:
            held = self._held(slug)
            kept = self.store.version(held, version)
            if kept is None:
                raise LookupError(f"no version {version} of {slug!r}")
            cause = Cause(by, "rollback", note or f"back to v{version}", version)
            return self.store.write(slug, json.loads(kept.record), kept.password, cause).version

    def delete(self, slug: str) -> None:
        """The link and its history are gone."""
        self.store.delete(slug)

    def recreate(self, slug: str, by: str = "rival", **fields: JSON) -> int:
        """Delete the link and make another under the same slug: another id, version 1."""
        with self.store.lock:
            record = self._held(slug).content()
            self.store.delete(slug)
            return self.edit(slug, by, **{**record, **fields})

    def touch_same_version(self, slug: str, **fields: JSON) -> None:
        """ABA: the content moves under the version number it has."""
        changes = {_camel(name): value for name, value in fields.items()}
        with self.store.lock:
            record = self._held(slug).content()
            self.store.overwrite(slug, checked({**record, **(changes or {"enabled": not record["enabled"]})}))

    def rewind(self, slug: str, version: int) -> None:
        """The platform was restored from a backup: `version` is the newest again.

        Raises:
            LookupError: there is no such version.
        """
        self.store.rewind(slug, version)

    @property
    def events(self) -> list[Event]:
        """Every write that took effect since the start, in order, by whomever."""
        with self.store.lock:
            return list(self.store.events)
