"""Who may do what on the floor."""

from __future__ import annotations

from tests.access import each, members

ROWS = each(
    ["marketplace:audit-search", "marketplace:access-list"],
    allowed=members("auditor"),
    stranger=403,
)
