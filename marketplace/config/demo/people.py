"""The people of the demonstration city. A few have a password and are printed; the others act in the story only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import Organisation, User
from marketplace.services import membership_grant, organisation_create, user_create

DEMO_PASSWORD = "Xinyidai-demo-2026"  # noqa: S105 -- printed for everybody to use
INITIAL_PASSWORD = "Xinyidai-first-2026"  # noqa: S105 -- nobody has it any more
SHOWN_DISTRICT = "120103"


@dataclass
class People:
    """Everybody the story needs, by what they do."""

    operator: User
    second_operator: User
    auditor: User
    clerks: dict[str, User] = field(default_factory=dict)
    leads: dict[str, User] = field(default_factory=dict)


def person(username: str, display_name: str, at: datetime, *, shown: bool = False) -> User:
    """Create one fictional person; only those shown can log in by password."""
    password = DEMO_PASSWORD if shown else None
    return user_create(
        username=username, password=password, display_name=display_name, actor=None, at=at
    )


def city_people(at: datetime) -> People:
    """Create the city's operators and auditor, and clerk and lead of every district."""
    city = organisation_create(
        kind=OrganisationKind.CITY, name="示例市信易贷平台运营中心", actor=None, at=at
    )
    operator = _member("operator", "市运营甲", city, Role.OPERATOR, at, shown=True)
    second = _member("operator2", "市运营乙", city, Role.OPERATOR, at, shown=True)
    auditor = _member("auditor", "审计员", city, Role.AUDITOR, at, shown=True)
    people = People(operator, second, auditor)
    for code, label in DISTRICT_LABELS.items():
        office = organisation_create(
            kind=OrganisationKind.DISTRICT,
            name=f"{label}融资协调工作专班（示例）",
            actor=operator,
            at=at,
            district_code=code,
        )
        shown = code == SHOWN_DISTRICT
        suffix = "" if shown else f"-{code}"
        clerk = f"{label}经办员"
        people.clerks[code] = _member(
            f"clerk{suffix}", clerk, office, Role.DISTRICT_CLERK, at, shown=shown
        )
        people.leads[code] = _member(
            f"lead{suffix}", f"{label}复核员", office, Role.DISTRICT_LEAD, at, shown=shown
        )
    return people


def _member(
    username: str, name: str, organisation: Organisation, role: Role, at: datetime, *, shown: bool
) -> User:
    user = person(username, name, at, shown=shown)
    membership_grant(user=user, organisation=organisation, role=role, actor=None, at=at)
    return user
