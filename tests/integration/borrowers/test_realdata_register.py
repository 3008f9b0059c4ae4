"""The real register through the ordinary command."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from django.core.management import call_command

from borrowers.models import Enterprise, IngestReject
from marketplace.domain.district import DISTRICT_LABELS
from tests.realdata import real_data

pytestmark = [pytest.mark.realdata, pytest.mark.django_db]
REGISTER = "enterprises/tianjin_1978_2009.csv.gz"
OF_1993 = "spreadsheets/tianjin_1993.xls"


def imported(path, tmp_path):
    report = tmp_path / "report.json"
    call_command("import_register", str(real_data(path)), report=str(report))
    return json.loads(report.read_text())


class TestRegister:
    def test_accounts_for_every_row_and_every_district(self, tmp_path):
        counted = imported(REGISTER, tmp_path)

        assert counted["read"] == 63_522
        assert counted["accepted"] + counted["rejected"] + counted["duplicates"] == 63_522
        rejected = IngestReject.objects.values_list("row_number", flat=True).distinct()
        assert rejected.count() == counted["rejected"] == sum(counted["reasons"].values())
        assert not IngestReject.objects.filter(sentence="").exists()
        kept = Counter(Enterprise.objects.values_list("district_id", flat=True))
        assert kept.total() == counted["accepted"]
        assert set(kept) - {None} == set(DISTRICT_LABELS)
        assert kept["120116"] > 14_000

        again = imported(OF_1993, tmp_path)

        assert (again["read"], again["duplicates"]) == (1_282, 1_282)


class TestRegisterOf1993:
    def test_reads_the_old_format(self, tmp_path):
        counted = imported(OF_1993, tmp_path)

        assert counted == {
            "read": 1_282,
            "accepted": 1_282,
            "rejected": 0,
            "duplicates": 0,
            "reasons": {},
        }
