from __future__ import annotations

import pytest
import time_machine

from tests.cast import NOW
from tests.factories.lenders import make_product

TAXED = {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "50000"}
AGED = {"code": "AGE", "feature": "age_months", "operator": "GE", "value": "24"}


@pytest.fixture(autouse=True)
def _clock_stands():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def product(cast, now):
    return make_product(
        institution=cast.institution,
        code="B001-P01",
        name="示例信用贷",
        drafted_by=cast.officer,
        published_by=cast.approver,
        at=now,
        rules=[TAXED, AGED],
    )


@pytest.fixture
def enter(client, cast):
    """Return a client logged in as a member of the cast."""

    def enter(name):
        client.force_login(getattr(cast, name))
        return client

    return enter
