from __future__ import annotations

import pytest
import time_machine

from tests.cast import NOW
from tests.factories.lenders import make_draft, make_product

TAXED = {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "50000"}


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
        rules=[TAXED],
    )


@pytest.fixture
def draft(cast, now):
    return make_draft(
        institution=cast.institution, code="B001-P02", drafted_by=cast.officer, at=now
    )


@pytest.fixture
def call(client, cast):
    """Send JSON as a member of the cast and return the answer."""

    def call(name, method, url, body=None):
        client.force_login(getattr(cast, name))
        send = getattr(client, method)
        return (
            send(url, body or {}, content_type="application/json") if method != "get" else send(url)
        )

    return call
