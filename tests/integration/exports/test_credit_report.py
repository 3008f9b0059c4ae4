"""A credit report from delivered records to the registered file."""

from __future__ import annotations

from datetime import timedelta

import pytest

from borrowers.models import CreditRecord
from exports.domain.credit_report import Result
from exports.domain.numbering import is_document_number
from exports.models import IssuedDocument
from exports.selectors.document import document_verify_file
from exports.services import credit_report_pdf_issue, credit_report_read
from marketplace.domain.errors import NotFound
from marketplace.models import AccessRecord
from tests.cast import NOW
from tests.factories.deliveries import deliver, deliver_penalty, penalty_row, seed

pytestmark = pytest.mark.django_db
KNOWN = NOW - timedelta(days=2)


@pytest.fixture(autouse=True)
def catalogue(cast):
    seed(NOW - timedelta(days=400))


def results(report):
    return {item.code: item for item in report.items}


class TestReading:
    def test_tells_what_was_found_and_who_delivered_it_until_when(self, cast):
        deliver_penalty(cast.enterprise, KNOWN)

        penalty = results(credit_report_read(user=cast.owner, at=NOW))["PENALTY"]

        assert penalty.result is Result.FOUND
        assert penalty.findings[0].number == "津示罚〔2026〕1号"
        assert [(unit.unit, unit.is_current) for unit in penalty.units] == [
            ("市公共信用中心", True)
        ]

    def test_an_empty_delivery_says_that_there_is_nothing(self, cast):
        before = results(credit_report_read(user=cast.owner, at=NOW))["COERCION"]
        deliver("COERCION", "MARKET", [], KNOWN)

        after = results(credit_report_read(user=cast.owner, at=NOW))["COERCION"]

        assert (before.result, after.result) == (Result.NEVER, Result.NOTHING)

    def test_tells_nothing_of_another_enterprise(self, cast):
        deliver("PENALTY", "CREDIT_CENTER", [penalty_row(cast.rival_enterprise)], KNOWN)

        assert results(credit_report_read(user=cast.owner, at=NOW))["PENALTY"].findings == ()
        assert credit_report_read(user=cast.rival_owner, at=NOW).found == 1

    def test_still_tells_what_was_repaired(self, cast):
        deliver_penalty(cast.enterprise, KNOWN)
        CreditRecord.objects.update(repaired_at=KNOWN)

        penalty = results(credit_report_read(user=cast.owner, at=NOW))["PENALTY"]

        assert penalty.findings[0].states == (("已修复", None),)

    def test_goes_no_further_back_than_asked(self, cast):
        deliver_penalty(cast.enterprise, KNOWN)
        later = NOW + timedelta(days=500)

        assert credit_report_read(user=cast.owner, at=later, years=1).found == 0
        assert credit_report_read(user=cast.owner, at=later, years=2).found == 1

    def test_is_logged_as_the_enterprises_own(self, cast):
        credit_report_read(user=cast.agent, at=NOW)

        row = AccessRecord.objects.get()
        assert (row.user, row.purpose, row.channel) == (cast.agent, "OWN_REPORT", "PAGE")
        assert row.subject_uscc == cast.enterprise.uscc

    @pytest.mark.parametrize("member", ["officer", "district_clerk", "operator", "stranger"])
    def test_is_nobody_elses(self, cast, member):
        with pytest.raises(NotFound):
            credit_report_read(user=getattr(cast, member), at=NOW)

        assert not AccessRecord.objects.exists()

    def test_asks_as_much_for_a_hundred_records_as_for_one(
        self, cast, django_assert_max_num_queries
    ):
        rows = [penalty_row(cast.enterprise, number=f"津示罚〔2026〕{n}号") for n in range(100)]
        deliver("PENALTY", "CREDIT_CENTER", rows, KNOWN)
        credit_report_read(user=cast.owner, at=NOW)

        with django_assert_max_num_queries(12):
            assert credit_report_read(user=cast.owner, at=NOW).found == 100


class TestIssuing:
    def test_registers_the_file_so_that_anybody_verifies_it(self, cast):
        content, document = credit_report_pdf_issue(user=cast.owner, at=NOW)

        assert content.startswith(b"%PDF-")
        assert is_document_number(document.number)
        assert document.number.startswith("TJWF")
        assert document.issued_for == cast.enterprise.account.organisation
        found = document_verify_file([content], NOW)
        assert (found.kind_label, found.is_valid) == ("公共信用报告（无违法违规证明专用版）", True)
        assert AccessRecord.objects.get().channel == "PDF"

    def test_hash_follows_what_it_says(self, cast):
        _, first = credit_report_pdf_issue(user=cast.owner, at=NOW)
        _, same = credit_report_pdf_issue(user=cast.agent, at=NOW)
        deliver_penalty(cast.enterprise, KNOWN)
        _, other = credit_report_pdf_issue(user=cast.owner, at=NOW)

        assert first.content_hash == same.content_hash != other.content_hash
        assert len({first.number, same.number, other.number}) == 3

    def test_gives_nothing_to_others(self, cast):
        with pytest.raises(NotFound):
            credit_report_pdf_issue(user=cast.officer, at=NOW)

        assert not IssuedDocument.objects.exists()
