"""A source unit's own system: a token is issued on a page, delivers, reads its rejects, and is revoked."""

from __future__ import annotations

import json

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from borrowers.models import CreditRecord, IngestBatch, UnitToken
from tests.cast import NOW
from tests.factories.borrowers import USCC
from tests.factories.reference import enter_reference

GOOD = {"统一社会信用代码": USCC, "评价年度": 2025, "纳税信用等级": "A"}
BAD = GOOD | {"评价年度": 2024, "纳税信用等级": "Z"}


@pytest.mark.django_db
class TestUnit:
    @pytest.fixture(autouse=True)
    def _world(self, tmp_path):
        cache.clear()
        before = settings.ARCHIVE_DIR
        settings.ARCHIVE_DIR = tmp_path / "archive"
        with time_machine.travel(NOW, tick=False):
            enter_reference(at=NOW)
            yield
        settings.ARCHIVE_DIR = before

    @pytest.fixture
    def desk(self, cast):
        client = Client()
        client.force_login(cast.operator)
        return client

    def issue(self, desk):
        page = desk.post(
            reverse("borrowers:unit-tokens", args=["TAX"]),
            {
                "name": "征管系统",
                "purpose": "报送纳税信用等级",
                "first_day": "2026-11-23",
                "last_day": "2027-11-22",
            },
        )
        assert page.status_code == 200
        shown = BeautifulSoup(page.content, "html.parser")
        return shown.select_one(".mk-secret").text, shown.select_one("pre").text

    def test_delivers_until_its_token_is_revoked(self, desk):
        system = Client()
        text, example = self.issue(desk)
        address = reverse("api:item-records", args=["TAX_RATING"])
        shown = example.partition('"')[2].partition('"')[0]
        assert shown.startswith(f"{settings.PUBLIC_BASE_URL}/api/v1/catalogue/")
        assert text not in example

        headers = {"Authorization": f"Bearer {text}"}
        sent = system.post(
            address, json.dumps([GOOD, BAD]), content_type="application/json", headers=headers
        )
        assert sent.status_code == 201, sent.content.decode()
        assert CreditRecord.objects.get().batch.unit_token.name == "征管系统"

        batch = sent.json()["id"]
        path = reverse("api:batch-rejects", args=[batch])
        rejects = system.get(path, headers=headers).json()["results"]
        assert [(row["row_number"], row["field"]) for row in rejects] == [(2, "纳税信用等级")]

        seen = desk.get(reverse("borrowers:batch-detail", args=[batch])).content.decode()
        assert "征管系统" in seen
        token = UnitToken.objects.get()
        page = reverse("borrowers:unit-token", args=[token.public_id])
        assert batch in desk.get(page).content.decode()

        revoke = reverse("borrowers:unit-token-revoke", args=[token.public_id])
        assert desk.post(revoke, {"reason": "系统更换"}).status_code == 302
        for refused in (
            system.get(path, headers=headers),
            system.post(address, "[]", content_type="application/json", headers=headers),
        ):
            assert (refused.status_code, refused.json()["code"]) == (401, "TOKEN_REVOKED")
        assert IngestBatch.objects.count() == 1

    def test_token_is_shown_once(self, desk):
        text, _ = self.issue(desk)

        token = UnitToken.objects.get()
        for path in (
            reverse("borrowers:unit-tokens", args=["TAX"]),
            reverse("borrowers:unit-token", args=[token.public_id]),
        ):
            page = desk.get(path).content.decode()
            assert token.prefix in page
            assert text not in page

    def test_form_sent_again_makes_no_second_token(self, desk):
        self.issue(desk)
        path = reverse("borrowers:unit-tokens", args=["TAX"])
        form = {"name": "征管系统", "purpose": "x", "first_day": "2026-11-23"}

        again = desk.post(path, form | {"last_day": "2027-11-22"})

        assert again.status_code == 422
        assert "TOKEN_NAME_TAKEN" in again.content.decode()
        assert UnitToken.objects.count() == 1
