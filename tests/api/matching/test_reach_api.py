from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse
from rest_framework.test import APIClient

from tests.cast import NOW
from tests.factories.borrowers import make_enterprise
from tests.factories.matching import make_offer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


def ask(member, product):
    api = APIClient()
    api.force_login(member)
    version = product.versions.get()
    return api.get(reverse("api:version-reach", args=[version.public_id]))


class TestVersionReach:
    def test_gives_counts_and_keeps_small_ones_back(self, cast):
        make_enterprise(uscc="91120103MA0000012H", name="天津津禾示例包装有限公司", at=NOW)

        found = ask(cast.officer, make_offer(cast)).data

        counts = [found[key] for key in ("fits", "cannot_tell", "does_not_fit")]
        assert set(found) == {"fits", "cannot_tell", "does_not_fit", "looked_at", "left_open"}
        assert None in counts
        assert all(count in (None, 0) for count in counts)

    def test_is_not_there_for_other_lenders(self, cast):
        assert ask(cast.rival_officer, make_offer(cast)).status_code == 404
