"""The memory of this machine or of the container around this process."""

import os
from pathlib import Path

CONTROL_GROUPS = Path("/sys/fs/cgroup")
NO_LIMIT = 1 << 60


def machine_bytes() -> int:
    """Memory of the machine, bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def allowed_bytes(groups: Path = CONTROL_GROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Memory that this process may take: the machine's, or less where its container has a limit."""
    limits = [machine_bytes(), _limit(groups / "memory" / "memory.limit_in_bytes")]
    try:
        named = own.read_text().splitlines()
    except OSError:  # no Linux
        named = []
    for line in named:
        group = groups / line.rpartition(":")[2].lstrip("/")
        # The limit of every group around ours counts too.
        for place in (group, *group.parents):
            if not place.is_relative_to(groups):
                break
            limits.append(_limit(place / "memory.max"))
    return min(limits)


def _limit(path: Path) -> int:
    try:
        said = path.read_text().strip()
    except OSError:
        return NO_LIMIT
    return int(said) if said.isdigit() else NO_LIMIT
