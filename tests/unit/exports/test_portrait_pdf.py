from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from exports.domain.report import (
    DISCLAIMER,
    EnterpriseHeader,
    Fact,
    Missing,
    MonthlySeries,
    PortraitDocument,
    RecordEntry,
    RecordList,
)
from exports.pdf.fonts import SHIPPED, UNEMBEDDED_WARNING, find_fonts
from exports.pdf.portrait import portrait_pdf, render_portrait
from tests.factories.exports import SHA256, portrait_document, source

SHIPPED_ONLY = find_fonts((SHIPPED / "XinyiKai-Regular.ttf",), (SHIPPED / "XinyiKai-Bold.ttf",))


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def text(content: bytes) -> str:
    return "".join("".join(pages(content)).split())


@pytest.fixture(scope="module")
def usual() -> bytes:
    return render_portrait(portrait_document())


class TestUsualPortrait:
    def test_is_four_pages_at_most(self, usual):
        assert len(pages(usual)) <= 4

    def test_is_the_same_bytes_for_the_same_input(self, usual):
        assert render_portrait(portrait_document()) == usual

    def test_says_everything_it_was_given(self, usual):
        found = text(usual)

        for said in (
            "天津示例精密机械制造有限公司",
            "91120101MA0501012L",
            "TJXY20261120K7M2P9QX4",
            SHA256,
            "809",
            "申报60人",
            "未授权",
            "68.42万元",
            "批次20261116-0118·第118行",
            "无法判断",
            "企业未授权该类数据",
            "SQS20261120-000318",
            "7Q4K-X9M2-PB3T-6H8W",
        ):
            assert said in found

    def test_carries_the_phrase_and_the_number_on_every_page(self, usual):
        count = len(pages(usual))
        for number, page in enumerate(pages(usual), start=1):
            assert DISCLAIMER in page
            assert "TJXY20261120K7M2P9QX4" in page
            assert f"第 {number} 页 / 共 {count} 页" in page

    def test_names_the_reader_and_the_time_across_every_page(self, usual):
        for page in pages(usual):
            assert "周示例 · 示例城市银行和平支行" in page
            assert "2026-11-23 15:04" in page

    def test_is_chinese_and_titled(self, usual):
        reader = PdfReader(BytesIO(usual))

        assert reader.trailer["/Root"]["/Lang"] == "zh-CN"
        assert reader.metadata.title == "企业公共信用画像 天津示例精密机械制造有限公司"

    def test_embeds_every_font(self, usual):
        for page in PdfReader(BytesIO(usual)).pages:
            for font in page["/Resources"]["/Font"].values():
                assert "/FontFile2" in font.get_object()["/FontDescriptor"]

    def test_leaves_nothing_undrawn(self):
        assert portrait_pdf(portrait_document()).missing_characters == ()

    @pytest.mark.poppler
    def test_can_be_copied_without_the_watermark(self, usual, tmp_path):
        file = tmp_path / "portrait.pdf"
        file.write_bytes(usual)

        found = subprocess.run(["pdftotext", file, "-"], capture_output=True, check=True).stdout

        assert "统一社会信用代码 91120101MA0501012L" in found.decode()
        assert "周示例 · 示例城市银行和平支行" not in found.decode()


class TestSections:
    def test_empty_ones_are_left_out_and_the_rest_counted_on(self):
        found = text(render_portrait(bare()))

        assert "一、申报与记录的矛盾" in found
        assert "二、授权摘要" in found
        assert "信用指标" not in found

    def test_without_consent_the_document_says_so(self):
        found = text(render_portrait(bare()))

        assert "未读取需授权的数据" in found
        assert "依据企业授权" not in found

    def test_a_list_without_entries_says_what_that_means(self):
        listed = RecordList("行政处罚", (), 0, "来源单位尚未提供,不能说明没有。")

        assert "来源单位尚未提供,不能说明没有。" in text(render_portrait(bare(records=(listed,))))

    def test_a_shortened_list_says_how_many_there_are(self):
        assert "共5条，列示最近2条" in text(render_portrait(portrait_document()))

    def test_warnings_stand_on_the_first_page(self):
        content = render_portrait(portrait_document(warnings=("授权已撤回。",)))

        assert "授权已撤回。" in pages(content)[0]

    def test_a_series_without_data_or_months_is_drawn(self):
        series = (
            MonthlySeries("空", "元", date(2026, 1, 1), ()),
            MonthlySeries("缺", "元", date(2026, 1, 1), (None, None)),
            MonthlySeries("负", "元", date(2026, 1, 1), (Decimal(-5), None, Decimal(2))),
        )

        assert text(render_portrait(bare(series=series))).count("无数据") == 2


class TestForeignText:
    def test_markup_is_printed_and_not_obeyed(self):
        name = '<img src="file:///etc/passwd"/><b>示例</b>&amp;'

        found = text(render_portrait(bare(enterprise=EnterpriseHeader(name, "X"))))

        assert "".join(name.split()) in found

    def test_rare_hanzi_of_a_name_are_drawn_and_can_be_copied(self):
        name = "天津示例𬭎䶮㛃堃𫚉有限公司"

        found = portrait_pdf(bare(enterprise=EnterpriseHeader(name, "X")))

        assert name in text(found.content)
        assert found.missing_characters == ()

    def test_a_character_without_a_font_is_spelled_out_and_reported(self):
        document = bare(enterprise=EnterpriseHeader("示例😀公司", "X"))

        found = portrait_pdf(document, SHIPPED_ONLY)

        assert "示例〔U+1F600〕公司" in text(found.content)
        assert found.missing_characters == ("😀",)

    def test_texts_longer_than_a_page_go_on_on_the_next(self):
        entry = RecordEntry("题" * 1500, "文" * 3000, None, source("项", "单位", 1), "状态" * 60)
        document = bare(
            records=(RecordList("行政处罚", (entry,), 1),),
            missing=(Missing("缺" * 2500, "A" * 2500),),
            application=(Fact("住所", "址" * 900),),
        )

        found = text(render_portrait(document))

        assert found.count("文") >= 3000

    @settings(max_examples=15, deadline=None)
    @given(name=st.text(max_size=60), value=st.text(max_size=200))
    def test_any_text_makes_a_document(self, name, value):
        header = EnterpriseHeader(name, "X", (Fact(name, value),))

        assert render_portrait(bare(enterprise=header)).startswith(b"%PDF-")


class TestLastResort:
    def test_without_any_font_every_page_says_so(self):
        found = portrait_pdf(portrait_document(), find_fonts((), ()))

        assert found.warnings == (UNEMBEDDED_WARNING,)
        assert found.content.startswith(b"%PDF-")


def bare(**changes) -> PortraitDocument:
    full = portrait_document()
    return replace(
        PortraitDocument(
            full.report_number,
            full.frozen_at,
            full.content_sha256,
            full.reader,
            full.enterprise,
            full.verification,
        ),
        **changes,
    )
