"""The closed room every run starts in: a throw-away data folder, fixed secrets, no network but loopback.

Loaded by pytest before the settings are (``-p tests.environment``), so that neither ``.env`` nor ``var/`` of the
checkout reaches a test. ``DATABASE_URL`` chooses the database of the run; unset, it is SQLite in memory.
"""

from __future__ import annotations

import atexit
import ipaddress
import os
import shutil
import sys
import tempfile
from pathlib import Path

import hypothesis

LOOPBACK_NAMES = {"", "localhost", "0.0.0.0", "::"}


def prepare_environment() -> None:
    """Set every variable the settings read and a developer's machine might have set otherwise.

    Java is told to compile quickly rather than well: Spark lives for a minute here.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        data_folder = Path(os.environ["VAR_DIR"]) / worker
        data_folder.mkdir(exist_ok=True)
    else:
        data_folder = Path(tempfile.mkdtemp(prefix="marketplace-tests-"))
        atexit.register(shutil.rmtree, data_folder, ignore_errors=True)
    os.environ["VAR_DIR"] = str(data_folder)
    os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")
    os.environ.update(
        SECRET_KEY="tests-only-secret-key-of-no-installation-0123456789",
        FIELD_KEY="tests-only-field-key-of-no-installation",
        PRODUCTION="off",
        DEBUG="off",
        BROKER_URL="",
        OUTBOX_THREADS="off",
        JAVA_TOOL_OPTIONS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        ALLOWED_HOSTS="127.0.0.1,localhost,testserver",
        CSRF_TRUSTED_ORIGINS="",
    )


def refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """Let Python code connect to this machine only."""
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not is_loopback(host):
        raise RuntimeError(f"测试不得访问网络:{host!r}")


def is_loopback(host: object) -> bool:
    """Return whether a host name or address means this machine; socket paths do."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    if name in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


prepare_environment()
sys.addaudithook(refuse_network)
hypothesis.settings.register_profile(
    "marketplace", deadline=None, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.register_profile("torture", deadline=None, max_examples=10_000)
hypothesis.settings.load_profile("marketplace")
