from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from openpyxl import load_workbook

from marketplace.domain.errors import NotPermitted, Refused
from marketplace.models import AuditEvent, Notification
from marketplace.sheets import open_sheet
from matching.domain.whitelist_feedback import Feedback
from matching.models import WhitelistContact
from matching.services.clock import clocks_sweep
from matching.services.whitelist_contact import whitelist_contact, whitelist_contact_result
from matching.services.whitelist_feedback import (
    feedback_correction,
    feedback_template,
    whitelist_feedback_import,
)
from tests.cast import NOW
from tests.factories.whitelist import deliver_lists, make_recommended, make_whitelist
from tests.workbooks import workbook

TITLES = (
    "统一社会信用代码",
    "对接结果",
    "授信决定日期",
    "授信金额(万元)",
    "企业同意报送",
    "拒绝原因",
)


@pytest.fixture(autouse=True)
def lists(cast):
    deliver_lists()


@pytest.fixture
def entry(cast):
    return make_recommended(cast)


def sheet(*rows, titles=TITLES):
    lines = io.StringIO()
    csv.writer(lines).writerows([titles, *rows])
    return lines.getvalue().encode()


def send(cast, content, at=NOW):
    return whitelist_feedback_import(
        source=content, file_name="反馈.csv", actor=cast.officer, at=at
    )


def template_row(cast, entry):
    """The template's row of an entry, by title."""
    stream = io.BytesIO()
    feedback_template(cast.officer, [entry], stream)
    _, row = next(iter(open_sheet(stream.getvalue(), "模板.xlsx", known=frozenset())))
    return row


class TestFeedbackImport:
    ISSUE_TITLES = ("统一社会信用代码", "期号", "对接结果")

    def named(self, entry, issue_no):
        return sheet((entry.uscc, issue_no, "有意向"), titles=self.ISSUE_TITLES)

    def test_takes_the_enterprise_on_and_keeps_what_is_said(self, cast, entry):
        row = (entry.uscc, "有意向", "2026-11-20", "80", "是", "")

        result = send(cast, sheet(row))

        contact = WhitelistContact.objects.get()
        assert (result.read, result.accepted, result.rejected) == (1, 1, 0)
        assert (contact.result, contact.granted_yuan) == ("WILL_APPLY", Decimal(800_000))
        assert (contact.officer, contact.reported_at) == (cast.officer, NOW)

    def test_rejects_row_by_row_and_leaves_nothing_of_a_rejected_one(self, cast, entry):
        rows = [
            (entry.uscc, "有意向", "2026-11-20", "80", "", ""),
            ("91120101MA0501012L", "有意向", "", "", "", ""),
            ("120103000000001", "很好", "", "", "", ""),
        ]

        result = send(cast, sheet(*rows))

        assert (result.read, result.accepted, result.rejected) == (3, 0, 3)
        assert [(error.row, error.field, error.code) for error in result.errors] == [
            (2, "企业同意报送", "WL_RESULT_INVALID"),
            (3, "统一社会信用代码", "WL_ENTRY_UNKNOWN"),
            (4, "统一社会信用代码", "USCC_REGISTRATION_NO"),
            (4, "对接结果", "WL_CHOICE_UNKNOWN"),
        ]
        assert not WhitelistContact.objects.exists()

    def test_replaces_what_was_said_and_keeps_what_has_no_column(self, cast, entry):
        send(cast, sheet((entry.uscc, "有意向", "2026-11-20", "80", "是", "")))

        send(
            cast,
            sheet(
                (entry.uscc, "已联系", "2026-11-21"), titles=("信用代码", "对接结果", "放款日期")
            ),
        )
        send(cast, sheet((entry.uscc, "已联系，持续跟进"), titles=("信用代码", "对接结果")))

        contact = WhitelistContact.objects.get()
        assert (contact.result, contact.granted_yuan) == ("FOLLOWING_UP", Decimal(800_000))

    def test_can_be_corrected_and_sent_again(self, cast, entry):
        result = send(cast, sheet((entry.uscc, "有意向", "2026-11-20", "80", "", "")))
        stream = io.BytesIO()

        assert feedback_correction(result, stream) == 1
        marked = open_sheet(stream.getvalue(), "更正.xlsx", known=frozenset())
        _, row = next(iter(marked))
        assert "企业同意" in row["错误说明"]
        row["企业同意报送"] = "是"
        again = send(cast, sheet([row[title] for title in TITLES]))
        assert again.accepted == 1

    def test_understands_its_own_template(self, cast, entry):
        row = template_row(cast, entry)
        row["对接结果"] = "企业暂无融资需求"

        assert send(cast, sheet(row.values(), titles=row)).accepted == 1

    def test_skips_a_row_of_the_template_left_as_it_was(self, cast, entry):
        row = template_row(cast, entry)

        result = send(cast, sheet(row.values(), titles=row))

        assert (result.read, result.skipped, result.rejected) == (1, 1, 0)

    def test_keeps_what_was_said_when_its_template_comes_back_untouched(self, cast, entry):
        send(cast, sheet((entry.uscc, "2026-11", "有意向"), titles=self.ISSUE_TITLES))
        before = WhitelistContact.objects.values().get(entry=entry)
        row = template_row(cast, entry)
        assert row["上次反馈"] == "有意向，已引导在平台申请"

        result = send(cast, sheet(row.values(), titles=row), at=NOW + timedelta(days=1))

        assert (result.read, result.skipped, result.accepted) == (1, 1, 0)
        assert WhitelistContact.objects.values().get(entry=entry) == before

    def test_lists_issues_as_text_in_its_template(self, cast, entry):
        stream = io.BytesIO()

        assert feedback_template(cast.officer, [entry], stream) == 1
        cell = load_workbook(stream).active["C2"]
        assert (cell.value, cell.number_format) == ("2026-11", "@")

    @pytest.mark.parametrize(
        "written", ["2026-11", "２０２６-11", "2026-11-01", "2026/11/1", "Nov-26", "2026年11月"]
    )
    def test_understands_an_issue_made_a_day(self, cast, entry, written):
        result = send(cast, self.named(entry, written))

        assert (result.accepted, result.errors) == (1, [])

    def test_understands_a_cell_that_became_a_date(self, cast, entry):
        rows = [list(self.ISSUE_TITLES), [entry.uscc, datetime(2026, 11, 1), "有意向"]]

        result = whitelist_feedback_import(
            source=workbook(rows), file_name="反馈.xlsx", actor=cast.officer, at=NOW
        )

        assert (result.accepted, result.errors) == (1, [])

    def test_blames_the_issue_when_the_code_is_known(self, cast, entry):
        error = send(cast, self.named(entry, "46357X")).errors[0]

        assert (error.field, error.code) == ("期号", "WL_ISSUE_UNKNOWN")
        assert "2026-11" in error.sentence

    def test_names_the_issues_to_choose_from(self, cast, entry):
        send(cast, self.named(entry, ""))
        make_whitelist(cast, "PUBLISHED", issue_no="2026-11-2")

        blank = send(cast, self.named(entry, "")).errors[0]
        second = send(cast, self.named(entry, "2026/11/2"))

        assert blank.code == "WL_ISSUE_NEEDED"
        assert "2026-11、2026-11-2" in blank.sentence
        assert second.accepted == 1
        assert set(
            WhitelistContact.objects.values_list("entry__whitelist__issue_no", flat=True)
        ) == {
            "2026-11",
            "2026-11-2",
        }

    def test_is_on_the_audit_trail(self, cast, entry):
        send(cast, sheet((entry.uscc, "有意向", "", "", "", "")))

        event = AuditEvent.objects.get(action="matching.whitelist.feedback")
        assert (event.payload["accepted"], event.payload["rejected"]) == (1, 0)

    def test_is_for_institutions(self, cast, entry, now):
        with pytest.raises(NotPermitted):
            whitelist_feedback_import(
                source=sheet(), file_name="x.csv", actor=cast.district_clerk, at=now
            )

    def test_needs_its_columns(self, cast, entry):
        with pytest.raises(Refused, match="SHEET_"):
            send(cast, sheet(("x",), titles=("企业名称",)))


def report(cast, entry, at=NOW, **details):
    return whitelist_contact_result(
        entry_id=entry.public_id,
        result="FOLLOWING_UP",
        note="",
        actor=cast.officer,
        at=at,
        feedback=Feedback(**details),
    )


class TestDecisionClock:
    def test_reminds_after_20_and_escalates_after_30_days_of_a_complete_file(self, cast, entry):
        whitelist_contact(entry_id=entry.public_id, actor=cast.officer, at=NOW)
        report(cast, entry, file_complete_date=date(2026, 11, 23))

        def at(day):
            return datetime(2026, 12, day, 2, tzinfo=UTC)

        clocks_sweep(at=at(13))
        assert not Notification.objects.filter(kind="clock.remind").exists()
        clocks_sweep(at=at(14))
        assert Notification.objects.filter(kind="clock.remind", user=cast.officer).count() == 1
        clocks_sweep(at=at(24))
        assert Notification.objects.filter(kind="clock.escalate", user=cast.approver).exists()

    def test_ends_with_the_decision(self, cast, entry):
        whitelist_contact(entry_id=entry.public_id, actor=cast.officer, at=NOW)
        report(cast, entry, file_complete_date=date(2026, 11, 20))
        report(
            cast,
            entry,
            file_complete_date=date(2026, 11, 20),
            decision_date=date(2026, 11, 23),
            refusal_code="WEAK_CASH_FLOW",
        )

        clocks_sweep(at=NOW + timedelta(days=40))

        assert not Notification.objects.filter(title__contains="授信决定").exists()


class TestPages:
    def test_take_a_sheet_and_give_the_wrong_rows_back(self, cast, entry, client):
        client.force_login(cast.officer)
        upload = io.BytesIO(sheet((entry.uscc, "很好", "", "", "", "")))
        upload.name = "反馈.csv"

        with time_machine.travel(NOW, tick=False):
            page = client.post(reverse("matching:recommendation-feedback"), {"file": upload}).text
            sample = client.get(reverse("matching:recommendation-feedback-template")).content

        assert '未接收 <b class="mk-number">1</b>' in page
        assert 'download="feedback-correction.xlsx"' in page
        _, row = next(iter(open_sheet(sample, "模板.xlsx", known=frozenset())))
        assert row["统一社会信用代码"] == entry.uscc

    def test_show_a_district_the_band_and_not_the_amount(self, cast, entry, client):
        send(cast, sheet((entry.uscc, "有意向", "2026-11-20", "83", "是", "")))
        client.force_login(cast.district_clerk)

        page = client.get(reverse("matching:whitelist-entry", args=[entry.public_id])).text

        assert "100 万元以下" in page
        assert "83" not in page.split("机构对接")[1]
