"""What a measuring process says of itself."""

from __future__ import annotations

import os
from pathlib import Path


def memory(name: str = "VmHWM") -> float:
    """Return a figure of this process in MB: ``VmRSS`` now, ``VmHWM`` at most.

    `resource.getrusage` will not do: its peak is handed on by whoever started the process.
    """
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def cpu_of_client() -> float:
    """CPU seconds of this process and its children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def cpu_of_server() -> float:
    """CPU seconds of the server process behind this connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
