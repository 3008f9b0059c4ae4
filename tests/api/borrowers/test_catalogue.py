"""The catalogue through the API: the page of items, and a workbook in two steps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from borrowers.domain.catalogue import load_catalogue
from borrowers.models import CatalogueItem
from tests.factories.catalogue import workbook_of
from tests.factories.reference import enter_reference

pytestmark = pytest.mark.django_db
PENALTY = load_catalogue().item("PENALTY")
ITEM = {
    "code",
    "name",
    "data_class",
    "administration",
    "source_unit",
    "update_rhythm",
    "due_days",
    "consent_required",
    "sharing_mode",
    "legal_basis",
    "kept_in",
    "version",
    "is_active",
}


@pytest.fixture
def operator(cast, now, client):
    enter_reference(at=now)
    client.force_login(cast.operator)
    return client


def hand_in(client, spec):
    file = SimpleUploadedFile("目录.xlsx", workbook_of([spec], unit_names=False))
    return client.post(reverse("api:catalogue-imports"), {"file": file})


class TestItemList:
    def test_gives_a_page_of_the_class_asked_for(self, operator):
        answer = operator.get(reverse("api:catalogue-list"), {"data_class": "09"}).json()

        assert {row["data_class"] for row in answer["results"]} == {"09"}
        assert set(answer["results"][0]) == ITEM

    def test_refuses_a_filter_it_does_not_know(self, operator):
        assert operator.get(reverse("api:catalogue-list"), {"colour": "red"}).status_code == 400


class TestImport:
    def test_shows_differences_then_applies_them(self, operator):
        read = hand_in(operator, replace(PENALTY, due_days=9))
        (entry,) = read.json()["entries"]
        assert {"label": "报送期限(天)", "before": "7", "after": "9"} in entry["changes"]
        assert CatalogueItem.objects.get(code="PENALTY").due_days == 7

        done = operator.post(reverse("api:catalogue-apply", args=[read.json()["id"]]))

        assert done.status_code == 200
        assert CatalogueItem.objects.get(code="PENALTY").due_days == 9

    def test_a_second_time_is_a_conflict(self, operator):
        address = reverse(
            "api:catalogue-apply",
            args=[hand_in(operator, replace(PENALTY, due_days=9)).json()["id"]],
        )
        operator.post(address)

        answer = operator.post(address)

        assert (answer.status_code, answer.json()["code"]) == (409, "CATALOGUE_IMPORT_APPLIED")

    def test_names_the_article_against_a_forbidden_field(self, operator):
        field = replace(PENALTY.fields[-1], code="belief", label="宗教信仰")

        answer = hand_in(operator, replace(PENALTY, fields=(*PENALTY.fields, field))).json()

        (problem,) = answer["problems"]
        assert problem["code"] == "FORBIDDEN_FIELD"
        assert "征信业管理条例第十四条第一款" in problem["sentence"]
