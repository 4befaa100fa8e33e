"""Ports of 127.0.0.1: one that is free now, and whose it is later.

A port that was free when it was chosen can be taken before the child binds it. Then the child fails, and worse,
somebody else's server answers in its place. So a server counts as ready only when the listening socket is its own.
"""

import socket
from pathlib import Path

_LISTEN = "0A"  # the state's code in /proc/net/tcp (Linux, include/net/tcp_states.h)


def free_port() -> int:
    """Return a port that the kernel says is free on 127.0.0.1 at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(process_group: int, port: int) -> bool:
    """Tell whether a process of this group holds the socket that listens on this port."""
    wanted = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    return bool(wanted) and any(wanted & _open_files(pid) for pid in _members(process_group))


def _listening_inodes(port: int) -> set[str]:
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == _LISTEN and int(row[1].split(":")[1], 16) == port}


def _members(process_group: int) -> list[int]:
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _group(entry) == process_group
    ]


def _group(process: Path) -> int:
    try:
        # The command's name stands in parentheses and may hold blanks: the fields start behind the last one.
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[2])


def _open_files(pid: int) -> set[str]:
    found = set()
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            found.add(str(descriptor.readlink()))
    except OSError:
        return found  # the process ended while it was looked at
    return found
