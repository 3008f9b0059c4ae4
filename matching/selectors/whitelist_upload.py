"""Delivered whitelist sheets as the staff of their district see them.

Source: design section 5, district staff.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from marketplace.domain.errors import NotFound
from marketplace.models import User
from matching.models import WhitelistUpload
from matching.policies.whitelist import visible_uploads


def upload_get(user: User, public_id: uuid.UUID, at: datetime) -> WhitelistUpload:
    """Return a delivered sheet of the reader's district, without its content.

    Raises:
        NotFound: there is none for this reader.

    Queries: one, after that for the memberships.
    """
    found = visible_uploads(user, at).select_related("district", "whitelist").defer("content")
    upload = found.filter(public_id=public_id).first()
    if upload is None:
        raise NotFound
    return upload
