"""The page of who looked at the own data."""

from __future__ import annotations

import pytest
from django.urls import reverse

from marketplace.audit import access_record
from marketplace.domain.vocabulary import QueryPurpose
from tests.cast import NOW

pytestmark = pytest.mark.django_db
PAGE = reverse("borrowers:access-list")


def read_by(user, organisation, cast, content):
    access_record(
        user=user,
        organisation=organisation,
        subject_uscc=cast.enterprise.uscc,
        purpose=QueryPurpose.OWN_REPORT,
        content=content,
        at=NOW,
    )


def test_lists_others_first_and_the_own_people_on_demand(client, cast):
    read_by(cast.owner, cast.enterprise.account.organisation, cast, "自己看的")
    read_by(cast.officer, cast.institution.organisation, cast, "机构看的")
    client.force_login(cast.owner)

    others, everybody = client.get(PAGE).text, client.get(PAGE, {"own": "1"}).text

    assert "机构看的" in others
    assert "自己看的" not in others
    assert f"{PAGE}?own=1" in others
    assert "机构看的" in everybody
    assert "自己看的" in everybody
