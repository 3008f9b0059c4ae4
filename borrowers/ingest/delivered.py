"""A delivered file as it lies there: where its bytes are, and their hash."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import cast

from django.core.files.uploadedfile import UploadedFile

HASHED_AT_ONCE = 1024 * 1024
Source = Path | bytes
"""A file on this machine, or the bytes of a small one."""


def source_of(file: UploadedFile) -> Source:
    """Return an uploaded file as it is read: a path where it lies on disk, else its bytes."""
    path = getattr(file, "temporary_file_path", None)
    return Path(path()) if path else cast("bytes", file.read())


def sha256_of(source: Source) -> str:
    """Return the SHA-256 of a file's bytes, read piece by piece."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    digest = hashlib.sha256()
    with source.open("rb") as stream:
        while piece := stream.read(HASHED_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()
