"""What a credit report says of records: which belong, what is to be added, and what it must not say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from exports.domain.credit_report import (
    COLUMNS,
    NOTES,
    PART_LABELS,
    PARTS,
    Result,
    first_day,
    report_of,
)
from exports.pdf.credit_report import ReportCopy, render_credit_report
from tests.factories.records import ITEMS

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
LAST = date(2026, 11, 23)
FIRST = date(2023, 11, 23)
FRESH = datetime(2026, 11, 20, tzinfo=UTC)
CATALOGUE = [ITEMS[code] for code in COLUMNS]
ALL = [(code, "示例单位", FRESH) for code in COLUMNS]
CRIMINAL = {"case_no": "（2025）示0103刑初1号", "role": "被告|被申请人|被上诉人", "cause": "示例罪"}


@dataclass(frozen=True)
class Told:
    item_code: str
    event_date: date | None = date(2026, 6, 2)
    payload: dict[str, Any] = field(default_factory=dict)
    unit_name: str = "示例单位"
    disputed: bool = False
    repaired: bool = False
    voided: bool = False


def report(*records, deliveries=ALL, catalogue=CATALOGUE):
    return report_of(
        records,
        catalogue,
        deliveries,
        enterprise="天津示例有限公司",
        uscc="91120103MA05010399",
        first=FIRST,
        at=AT,
    )


def result(found, code):
    return next(item for item in found.items if item.code == code)


class TestWhatIsCovered:
    def test_is_every_kind_the_rule_names(self):
        assert list(PART_LABELS.values()) == [
            "行政处罚（含简易程序）", "行政强制", "严重失信主体名单", "刑事裁判",
        ]  # fmt: skip
        assert {code for codes in PARTS.values() for code in codes} == set(COLUMNS)

    def test_names_fields_that_the_items_have(self):
        for code, columns in COLUMNS.items():
            known = {one.code for one in ITEMS[code].fields}
            named = {columns.number, columns.agency, columns.ended, *columns.what} - {""}
            assert named <= known, code

    def test_leaves_out_an_item_the_city_has_not(self):
        found = report(catalogue=CATALOGUE[:1])

        assert [item.code for item in found.items] == ["PENALTY"]


class TestNothingFound:
    def test_is_said_where_every_item_came_in_time(self):
        found = report()

        assert {item.result for item in found.items} == {Result.NOTHING}
        assert found.conclusion == "2023-11-23 至 2026-11-23 期间，未查询到违法违规记录。"

    @pytest.mark.parametrize(
        ("deliveries", "expected"),
        [
            ([], Result.NEVER),
            ([("PENALTY", "示例单位", datetime(2026, 11, 9, tzinfo=UTC))], Result.NOTHING),
            ([("PENALTY", "示例单位", datetime(2026, 11, 7, tzinfo=UTC))], Result.STALE),
        ],
    )
    def test_is_never_said_of_what_was_not_delivered_in_time(self, deliveries, expected):
        others = [line for line in ALL if line[0] != "PENALTY"]

        found = report(deliveries=others + deliveries)

        assert result(found, "PENALTY").result is expected
        assert ("不能判断" in found.conclusion) is (expected is not Result.NOTHING)

    def test_names_the_unit_that_is_behind_the_others(self):
        late = ("PENALTY", "迟报单位", datetime(2026, 5, 1, tzinfo=UTC))

        found = report(deliveries=[late, *ALL])
        item = result(found, "PENALTY")

        assert [(unit.unit, unit.is_current) for unit in item.units] == [
            ("示例单位", True), ("迟报单位", False),
        ]  # fmt: skip
        assert item.sentence == "未查询到；部分来源单位数据未更新"
        assert found.conclusion.endswith("1 个信息项没有按时报齐，不能判断。")


class TestWhichBelong:
    @pytest.mark.parametrize(
        ("day", "belongs"),
        [
            (FIRST, True),
            (date(2023, 11, 22), False),
            (LAST, True),
            (date(2026, 11, 24), False),
            (None, True),
        ],
    )
    def test_penalties_of_the_span_both_ends_included(self, day, belongs):
        assert report(Told("PENALTY", day)).found == belongs

    @pytest.mark.parametrize(
        ("removed", "belongs"), [(None, True), ("2023-11-23", True), ("2023-11-22", False)]
    )
    def test_listings_that_still_stood_in_the_span(self, removed, belongs):
        listed = Told("SERIOUS_BREACH_LIST", date(2020, 1, 5), {"removed_date": removed})

        assert report(listed).found == belongs

    @pytest.mark.parametrize(
        ("changes", "belongs"),
        [
            ({}, True),
            ({"case_no": "（2025）示0103民初1号"}, False),
            ({"role": "原告|申请人|上诉人"}, False),
            ({"case_no": None}, False),
        ],
    )
    def test_judgments_that_are_criminal_and_against_it(self, changes, belongs):
        assert report(Told("JUDGMENT", payload=CRIMINAL | changes)).found == belongs

    def test_nothing_void_and_nothing_of_other_items(self):
        void = Told("PENALTY", voided=True)

        assert report(void, Told("INSPECTION"), Told("TAX_ARREARS")).found == 0


class TestWhatIsSaid:
    def test_tells_number_agency_and_kind(self):
        payload = {
            "CF_WSH": "示罚〔2026〕1号", "CF_CFJG": "示例局", "CF_WFXW": "示例行为", "CF_CFLB": "罚款",
        }  # fmt: skip

        finding = result(report(Told("PENALTY", payload=payload)), "PENALTY").findings[0]

        assert (finding.number, finding.agency) == ("示罚〔2026〕1号", "示例局")
        assert finding.what == "示例行为；罚款"
        assert finding.states == ()

    def test_marks_what_was_repaired_taken_off_or_is_disputed(self):
        listed = Told(
            "SERIOUS_VIOLATION_LIST", payload={"removed_date": "2026-08-01"}, disputed=True
        )
        found = report(Told("PENALTY", repaired=True), listed)

        assert result(found, "PENALTY").findings[0].states == (("已修复", None),)
        assert result(found, "SERIOUS_VIOLATION_LIST").findings[0].states == (
            ("已移出", date(2026, 8, 1)), ("异议处理中", None),
        )  # fmt: skip

    def test_names_the_unit_where_no_agency_is_told(self):
        listed = result(report(Told("TAX_MAJOR_VIOLATION")), "TAX_MAJOR_VIOLATION")

        assert listed.findings[0].agency == "示例单位"

    def test_puts_the_latest_first(self):
        days = [date(2025, 1, 1), date(2026, 1, 1), None, date(2024, 1, 1)]

        found = result(report(*(Told("PENALTY", day) for day in days)), "PENALTY")

        assert [one.day for one in found.findings] == [days[1], days[0], days[3], None]

    def test_says_nothing_at_all_where_nothing_came_in_time(self):
        said = report(deliveries=[]).conclusion

        assert said.endswith("各信息项都没有按时报送，不能判断有无违法违规记录。")
        assert "未查询到" not in said

    def test_says_nothing_found_of_those_in_time_alone(self):
        said = report(deliveries=ALL[1:]).conclusion

        assert "已按时报送的数据中未查询到违法违规记录；1 个信息项没有按时报齐" in said

    def test_says_what_was_found_and_what_cannot_be_told(self):
        stale = [line for line in ALL if line[0] not in {"PENALTY", "JUDGMENT"}]
        old = ("PENALTY", "示例单位", datetime(2026, 1, 1, tzinfo=UTC))

        found = report(Told("PENALTY"), deliveries=[*stale, old])

        assert result(found, "PENALTY").sentence == "查询到 1 条；此后数据未更新"
        assert result(found, "JUDGMENT").sentence == "尚未报送，不能判断"
        assert found.conclusion.endswith(
            "查询到违法违规记录 1 条；2 个信息项没有按时报齐，不能判断另有无记录。"
        )

    def test_span_of_a_leap_day_begins_with_the_months_last(self):
        assert first_day(date(2028, 2, 29), 3) == date(2025, 2, 28)


class TestPdf:
    COPY = ReportCopy(
        "TJWF2026112300000000U", "https://example.test/verify/X/", "7Q4K-X9M2", "ab" * 32
    )

    def text_of(self, found):
        pages = PdfReader(BytesIO(render_credit_report(found, self.COPY))).pages
        return "".join("".join(page.extract_text() for page in pages).split())

    def test_says_everything(self):
        text = self.text_of(report(Told("PENALTY", payload={"CF_WSH": "示罚1号"}, repaired=True)))

        for words in (
            "公共信用报告", "无违法违规证明专用版", "天津示例有限公司", "91120103MA05010399",
            self.COPY.number, self.COPY.code, self.COPY.content_hash, "查询到1条", "示罚1号", "已修复",
            "示例单位2026-11-20", *PART_LABELS.values(),
        ):  # fmt: skip
            assert words in text, words
        assert "".join(NOTES[1].split()) in text

    def test_is_the_same_file_for_the_same_report(self):
        found = report()

        assert render_credit_report(found, self.COPY) == render_credit_report(found, self.COPY)

    def test_of_a_thousand_records_goes_over_pages(self):
        many = [Told("PENALTY", payload={"CF_WSH": f"示罚{n}号"}) for n in range(1000)]

        text = self.text_of(report(*many))

        assert all(f"示罚{n}号" in text for n in (0, 500, 999))
