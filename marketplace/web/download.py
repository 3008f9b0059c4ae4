"""A file that is handed out: its name in every program's alphabet, kept by no cache.

Source: RFC 6266 (names of files).
"""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpResponse

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIXES = {PDF: "pdf", XLSX: "xlsx"}
KEPT_SIGNS = "()-_·"


def file_answer(content: bytes, kind: str, plain: str, name: str) -> HttpResponse:
    """Return a file to be saved, never kept by caches.

    Args:
        content: the file.
        kind: ``PDF`` or ``XLSX``.
        plain: name in ASCII letters, for programs that know no other, without suffix.
        name: name as people read it, without suffix; signs that file systems refuse are left out.
    """
    suffix = SUFFIXES[kind]
    kept = "".join(sign for sign in name if sign.isalnum() or sign in KEPT_SIGNS)[:80]
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = (
        f"attachment; filename=\"{plain}.{suffix}\"; filename*=UTF-8''{quote(kept)}.{suffix}"
    )
    answer["Cache-Control"] = "no-store"
    return answer
