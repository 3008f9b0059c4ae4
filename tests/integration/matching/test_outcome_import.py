from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from marketplace.domain.errors import NotPermitted, Refused
from marketplace.models import AuditEvent
from matching.domain.outcome_sheet import COLUMNS
from matching.models import LoanApplication, OutcomeEvent
from matching.services.outcome_import import (
    outcome_correction,
    outcome_import,
    outcome_template,
)
from matching.services.outcome_rectify import outcome_void
from tests.cast import NOW
from tests.factories.matching import CONSENT, NO_FEEDBACK, make_application

pytestmark = pytest.mark.django_db
HEADER = "合同编号,事件,发生日期,本金(元),利息(元),逾期天数,五级分类,机构流水号"


def sheet(*lines, header=HEADER):
    return "\n".join([header, *lines]).encode("utf-8")


def load(cast, *lines, member="officer", header=HEADER):
    return outcome_import(
        source=sheet(*lines, header=header),
        file_name="结果.csv",
        actor=getattr(cast, member),
        at=NOW,
    )


GOOD = (
    "HT-2026-0001,放款,2026-11-23,500000,,,,T001",
    'HT-2026-0001,还款,2026-11-23,"100,000.00",1500.5,,正常,T002',
)


class TestOutcomeImport:
    def test_reports_every_good_row(self, cast):
        application = make_application(cast, "SIGNED")

        result = load(cast, *GOOD)

        assert (result.read, result.accepted, result.rejected) == (2, 2, 0)
        assert LoanApplication.objects.get(pk=application.pk).state == "REPAYING"

    def test_the_same_sheet_twice_changes_nothing(self, cast):
        make_application(cast, "SIGNED")
        load(cast, *GOOD)

        again = load(cast, *GOOD)

        assert (again.read, again.accepted, again.duplicates, again.rejected) == (2, 0, 2, 0)
        assert OutcomeEvent.objects.count() == 2

    @pytest.mark.parametrize(
        ("row", "field", "code"),
        [
            ("HT-2026-0001,赠送,2026-11-23,1,,,,T9", "事件", "OUTCOME_KIND"),
            ("HT-2026-0001,放款,昨天,1,,,,T9", "发生日期", "DATE_UNREADABLE"),
            ("HT-2026-0001,放款,2026-11-23,很多,,,,T9", "本金(元)", "OUTCOME_AMOUNT"),
            ("HT-2026-0001,放款,2026-11-23,900000,,,,T9", "本金(元)", "OUTCOME_OVER_LIMIT"),
            ("HT-2026-0001,放款,2026-11-23,1,,,,", "机构流水号", "OUTCOME_REFERENCE"),
            (",放款,2026-11-23,1,,,,T9", "合同编号", "OUTCOME_LOAN_EMPTY"),
            ("HT-NONE,放款,2026-11-23,1,,,,T9", "合同编号", "OUTCOME_LOAN_UNKNOWN"),
            ("HT-2026-0001,结清,2026-11-23,,,,,T9", "", "TRANSITION_REFUSED"),
            ("HT-2026-0001,放款,2026-11-23,1,,,,T9,多余", "", "ROW_TOO_WIDE"),
        ],
    )
    def test_names_row_field_and_reason_of_a_bad_row(self, cast, row, field, code):
        make_application(cast, "SIGNED")

        result = load(cast, row)

        assert (result.read, result.rejected) == (1, 1)
        assert [(error.row, error.field, error.code) for error in result.errors] == [
            (2, field, code)
        ]
        assert not OutcomeEvent.objects.exists()

    def test_a_bad_row_hinders_no_good_one(self, cast):
        make_application(cast, "SIGNED")

        result = load(cast, GOOD[0], "HT-2026-0001,赠送,2026-11-23,1,,,,T9", GOOD[1])

        assert (result.accepted, result.rejected) == (2, 1)

    def test_finds_a_loan_by_its_application(self, cast):
        application = make_application(cast, "SIGNED")
        header = "申请编号,事件,发生日期,本金(万元),机构流水号"

        result = load(cast, f"{application.public_id},放款,2026-11-23,50,T1", header=header)

        assert result.accepted == 1
        assert OutcomeEvent.objects.get().principal_yuan == 500_000

    def test_contract_and_application_must_mean_the_same_loan(self, cast):
        make_application(cast, "SIGNED")
        header = "合同编号,申请编号,事件,发生日期,本金(元),机构流水号"
        stranger = "00000000-0000-4000-8000-000000000000"

        result = load(cast, f"HT-2026-0001,{stranger},放款,2026-11-23,1,T1", header=header)

        assert [error.code for error in result.errors] == ["OUTCOME_LOAN_UNKNOWN"]

    def test_a_used_reference_says_where_to_correct(self, cast):
        make_application(cast, "SIGNED")
        load(cast, GOOD[0])

        result = load(cast, GOOD[0].replace("500000", "400000"))

        assert [error.code for error in result.errors] == ["OUTCOME_REFERENCE_USED"]
        assert "由审批人在“贷款结果”页更正或作废" in result.errors[0].sentence

    def test_a_voided_row_delivered_again_is_rejected_with_the_day_and_the_reason(self, cast):
        application = make_application(cast, "SIGNED")
        load(cast, *GOOD)
        outcome_void(
            loan_id=LoanApplication.objects.get(pk=application.pk).loan.public_id,
            seq=2,
            reason="记到了另一户",
            actor=cast.approver,
            at=NOW,
        )

        result = load(cast, *GOOD)

        assert (result.read, result.duplicates, result.rejected) == (2, 1, 1)
        error = result.errors[0]
        assert (error.row, error.field, error.code) == (3, "机构流水号", "OUTCOME_VOIDED")
        assert "已于 2026-11-23 作废，原因：记到了另一户。" in error.sentence
        assert error.sentence in outcome_correction(result).splitlines()[1]

    def test_another_lender_finds_no_loan(self, cast):
        make_application(cast, "SIGNED")

        result = load(cast, GOOD[0], member="rival_officer")

        assert [error.code for error in result.errors] == ["OUTCOME_LOAN_UNKNOWN"]

    def test_is_the_officers(self, cast):
        with pytest.raises(NotPermitted):
            load(cast, *GOOD, member="owner")

    def test_a_sheet_without_its_columns_is_refused_whole(self, cast):
        with pytest.raises(Refused) as refused:
            load(cast, "1,2", header="合同编号,事件")

        assert refused.value.code == "SHEET_COLUMN_MISSING"

    def test_is_audited_by_counts(self, cast):
        load(cast, "HT-NONE,放款,2026-11-23,1,,,,T9")

        row = AuditEvent.objects.get(action="matching.outcome.import")
        assert row.payload == {
            "read": 1,
            "accepted": 0,
            "duplicates": 0,
            "skipped": 0,
            "rejected": 1,
        }


class TestOutcomeCorrection:
    def test_holds_the_rejected_rows_with_reasons_and_no_formula(self, cast):
        make_application(cast, "SIGNED")
        result = load(cast, "=1+1,放款,2026-11-23,1,,,,T9", GOOD[0])

        lines = outcome_correction(result).splitlines()

        assert len(lines) == 2
        assert lines[1].startswith("'=1+1,")
        assert "OUTCOME_LOAN_UNKNOWN" in lines[1]


class TestOutcomeTemplate:
    def rows(self, cast, member="officer"):
        stream = io.BytesIO()
        outcome_template(getattr(cast, member), stream)
        return stream.getvalue()

    def test_lists_the_open_loans_with_what_may_be_reported(self, cast):
        application = make_application(cast, "REPAYING")

        titles, *rows = load_workbook(io.BytesIO(self.rows(cast))).active.values

        assert titles[:6] == ("合同编号", "申请编号", "企业名称", "可报事件", "事件", "发生日期")
        assert len(titles) == len(COLUMNS) + 2
        assert rows[0][:3] == (
            "HT-2026-0001",
            str(application.public_id),
            cast.enterprise.name,
        )
        assert rows[0][3] == "放款、还款、逾期、五级分类调整、结清"
        assert not any(rows[0][4:])

    @pytest.mark.parametrize(
        ("state", "consent"), [("SETTLED", CONSENT), ("APPROVED", CONSENT), ("SIGNED", NO_FEEDBACK)]
    )
    def test_leaves_out_what_cannot_be_reported_of(self, cast, state, consent):
        make_application(cast, state, consent=consent)

        assert load_workbook(io.BytesIO(self.rows(cast))).active.max_row == 1

    def test_lists_no_loan_of_another_lender(self, cast):
        make_application(cast, "SIGNED")

        sheet = load_workbook(io.BytesIO(self.rows(cast, "rival_officer"))).active
        assert sheet.max_row == 1

    def test_sent_back_untouched_is_skipped(self, cast):
        make_application(cast, "SIGNED")

        result = outcome_import(
            source=self.rows(cast), file_name="模板.xlsx", actor=cast.officer, at=NOW
        )

        assert (result.read, result.skipped, result.rejected) == (1, 1, 0)

    def test_filled_in_is_reported(self, cast):
        make_application(cast, "SIGNED")
        book = load_workbook(io.BytesIO(self.rows(cast)))
        for cell, value in {"E2": "放款", "F2": "2026-11-23", "G2": "500000", "K2": "T1"}.items():
            book.active[cell] = value
        stream = io.BytesIO()
        book.save(stream)

        result = outcome_import(
            source=stream.getvalue(), file_name="模板.xlsx", actor=cast.officer, at=NOW
        )

        assert (result.accepted, result.errors) == (1, [])
