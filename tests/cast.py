"""The cast: the people every test speaks of, in two enterprises, two lenders, two districts and the city.

``cast.officer`` and ``cast.approver`` work for the same lender; every ``rival_`` and ``other_`` is a stranger to what
belongs to the first. All enterprises and lenders are fictional.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import IntegrityError

from borrowers.models import Enterprise
from lenders.models import Institution
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import District, Membership, Organisation, User
from tests.factories.borrowers import make_account, make_enterprise
from tests.factories.lenders import make_institution, make_staff
from tests.kept import Kept, keys_of

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""The day of the tests: Monday 2026-11-23, 10:00 in Tianjin."""
DISTRICTS = {
    "120101": "和平区",
    "120102": "河东区",
    "120103": "河西区",
    "120104": "南开区",
    "120105": "河北区",
    "120106": "红桥区",
    "120110": "东丽区",
    "120111": "西青区",
    "120112": "津南区",
    "120113": "北辰区",
    "120114": "武清区",
    "120115": "宝坻区",
    "120116": "滨海新区",
    "120117": "宁河区",
    "120118": "静海区",
    "120119": "蓟州区",
}
PASSWORD = "demo-pass-2026-ok"


@dataclass(frozen=True)
class Cast:
    """Everybody, with what they belong to."""

    enterprise: Enterprise
    rival_enterprise: Enterprise
    institution: Institution
    rival_institution: Institution
    owner: User
    agent: User
    rival_owner: User
    officer: User
    second_officer: User
    approver: User
    rival_officer: User
    rival_approver: User
    district_clerk: User
    district_lead: User
    other_district_clerk: User
    other_district_lead: User
    operator: User
    second_operator: User
    auditor: User
    stranger: User


def make_user(name: str) -> User:
    return User.objects.create_user(username=name, password=PASSWORD, display_name=name)


def _staff(user: User, organisation: Organisation, role: Role) -> None:
    Membership.objects.create(user=user, organisation=organisation, role=role, granted_at=NOW)


def make_cast() -> Cast:
    """Create everybody by the shortest way; services are tested elsewhere."""
    District.objects.bulk_create(
        [District(code=code, name=name) for code, name in DISTRICTS.items()], ignore_conflicts=True
    )
    names = [name for name, kind in Cast.__annotations__.items() if kind == "User"]
    people = {name: make_user(name) for name in names}
    enterprise = make_enterprise(uscc="91120103MA05010399", name="天津津禾示例食品有限公司", at=NOW)
    rival = make_enterprise(
        uscc="91120101MA0501012L",
        name="天津和平示例贸易有限公司",
        at=NOW,
        district_id="120101",
        industry_code="5121",
        industry_section="F",
    )
    account = make_account(enterprise=enterprise, owner=people["owner"], at=NOW)
    _staff(people["agent"], account.organisation, Role.AGENT)
    make_account(enterprise=rival, owner=people["rival_owner"], at=NOW)
    bank = make_institution(code="B001", name="示例城市银行", uscc="91120102MA0501020X", at=NOW)
    rival_bank = make_institution(
        code="B002", name="对照城市银行", uscc="91120104MA0501047J", at=NOW
    )
    for name, role in [
        ("officer", Role.OFFICER),
        ("second_officer", Role.OFFICER),
        ("approver", Role.APPROVER),
    ]:
        make_staff(user=people[name], institution=bank, role=role, at=NOW)
    make_staff(user=people["rival_officer"], institution=rival_bank, role=Role.OFFICER, at=NOW)
    make_staff(user=people["rival_approver"], institution=rival_bank, role=Role.APPROVER, at=NOW)
    for code, prefix in [("120103", "district"), ("120101", "other_district")]:
        office = Organisation.objects.create(
            kind=OrganisationKind.DISTRICT, name=f"{DISTRICTS[code]}专班", district_id=code
        )
        _staff(people[f"{prefix}_clerk"], office, Role.DISTRICT_CLERK)
        _staff(people[f"{prefix}_lead"], office, Role.DISTRICT_LEAD)
    city = Organisation.objects.create(kind=OrganisationKind.CITY, name="示例市平台运营中心")
    _staff(people["operator"], city, Role.OPERATOR)
    _staff(people["second_operator"], city, Role.OPERATOR)
    _staff(people["auditor"], city, Role.AUDITOR)
    return Cast(
        enterprise=enterprise,
        rival_enterprise=rival,
        institution=bank,
        rival_institution=rival_bank,
        **people,
    )


class Copies:
    """The cast as it was first made in this process, put into an empty database again without making it anew.

    A test that made somebody beforehand may have taken their numbers; the cast is then made the long way.
    """

    def __init__(self) -> None:
        self._frozen = b""
        self._rows: Kept | None = None

    def cast(self) -> Cast:
        """Return everybody, as `make_cast` does."""
        if self._rows is None:
            return self._first()
        try:
            self._rows.put()
        except IntegrityError:
            return make_cast()
        made: Cast = pickle.loads(self._frozen)
        return made

    def _first(self) -> Cast:
        tables = apps.get_models(include_auto_created=True)
        before = keys_of(tables)
        made = make_cast()
        new = {
            model: [key for key in keys if key not in before[model]]
            for model, keys in keys_of(tables).items()
        }
        new[District] = list(DISTRICTS)  # also those that were there before
        self._rows = Kept(new, shared=[District])
        self._frozen = pickle.dumps(made)
        return made


COPIES = Copies()


@pytest.fixture
def cast(db: None) -> Cast:
    return COPIES.cast()


@pytest.fixture
def now() -> datetime:
    return NOW
