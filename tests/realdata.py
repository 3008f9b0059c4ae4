"""The way to real test data, which lies beside the project and is never part of it."""

from __future__ import annotations

from pathlib import Path

from tests.services import REAL_DATA, REALDATA, leave_out


def real_data(path: str) -> Path:
    """Return a file of the real test data, or leave the running test out where it is absent.

    Args:
        path: relative to the data folder, e.g. ``enterprises/tianjin_1978_2009.csv.gz``.
    """
    file = REAL_DATA / path
    if not file.exists():
        leave_out(REALDATA, f"没有文件 {path}。{REALDATA.hint}")
    return file
