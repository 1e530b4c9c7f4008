"""Whether a folder stands on a file system of another machine, where locks and shared memory may lie."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_NETWORK: Final = re.compile(
    r"(nfs\d*|cifs|smb\w*|afs|ncpfs|9p|ceph|glusterfs|lustre|fuse\.(sshfs|glusterfs|s3fs\S*))\Z"
)
_OCTAL: Final = re.compile(r"\\([0-7]{3})")
_TABLE: Final = Path("/proc/mounts")


def network_file_system(folder: Path, table: Path = _TABLE) -> str | None:
    """The kind of network file system that `folder` stands on (`nfs4`, ...); None for a local one.

    Args:
        folder: an existing folder.
        table: where the kernel lists what is mounted; a system without it is taken as local.
    """
    try:
        lines = table.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        place = folder.resolve()
    except OSError:
        return None
    best, kind = -1, ""
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        # fstab(5): blanks in a path are written as octal numbers.
        point = Path(_OCTAL.sub(lambda match: chr(int(match.group(1), 8)), fields[1]))
        if (place == point or point in place.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind if _NETWORK.match(kind) else None
