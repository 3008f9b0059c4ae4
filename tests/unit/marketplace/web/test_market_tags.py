"""Filters and tags of the pages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import Guarantee
from marketplace.web.components import Action, Cell, Column, Kind, Table, Tone


def rendered(source, **context):
    return Template(source).render(Context(context))


class TestNumbers:
    @pytest.mark.parametrize(
        ("source", "value", "text"),
        [
            ("{{ x|wan }}", Decimal("1234567.80"), "1,234,567.80 元"),
            ("{{ x|wan }}", Decimal("-6430.00"), "-6,430 元"),
            ("{{ x|wan }}", Decimal("1234500.00"), "123.45 万元"),
            ("{{ x|wan }}", Decimal("0.00"), "0 万元"),
            ("{{ x|wan }}", 500000, "50 万元"),
            ("{{ x|yi }}", Decimal("14520000000"), "145.20 亿元"),
            ("{{ x|yuan }}", "1500000", "1,500,000.00 元"),
            ("{{ x|rate }}", 365, "3.65%"),
            ("{{ x|percent }}", Decimal("0.9535"), "95.4%"),
            ("{{ x|percent:0 }}", 0.5, "50%"),
            ("{{ x|months }}", 18, "18 个月"),
            ("{{ x|months }}", 36, "36 个月（3 年）"),
            ("{{ x|number }}", 280400, "280,400"),
        ],
    )
    def test_are_written_in_their_unit(self, source, value, text):
        assert rendered(source, x=value) == text

    @pytest.mark.parametrize(
        "name", ["wan", "yi", "yuan", "rate", "percent", "months", "number", "day"]
    )
    def test_unknown_is_never_zero(self, name):
        assert rendered(f"{{{{ x|{name} }}}}", x=None) == "—"

    @given(st.decimals(min_value=0, max_value=10**12, places=2))
    def test_wan_hides_no_fen(self, amount_yuan):
        number, unit = rendered("{{ x|wan }}", x=amount_yuan).replace(",", "").split()

        assert Decimal(number) * {"万元": 10_000, "元": 1}[unit] == amount_yuan
        assert len(number.partition(".")[2]) <= 2


class TestTime:
    def test_is_the_citys(self):
        late = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)

        assert rendered("{{ x|moment }} {{ x|day }}", x=late) == "2027-01-01 00:30 2027-01-01"

    def test_dates_stay_as_they_are(self):
        assert rendered("{{ x|day }}", x=date(2026, 2, 28)) == "2026-02-28"


class TestLabel:
    @pytest.mark.parametrize(
        ("source", "value", "text"),
        [
            ("{{ x|label }}", Guarantee.PLEDGE, "质押"),
            ("{{ x|label:'guarantee' }}", "CREDIT", "信用"),
            ("{{ x|label:'guarantee' }}", "NEW_KIND", "NEW_KIND"),
            ("{{ x|label:words }}", "A", "甲"),
            ("{{ x|label }}", "", "—"),
        ],
    )
    def test_turns_codes_into_words(self, source, value, text):
        assert rendered(source, x=value, words={"A": "甲"}) == text


class TestMasks:
    def test_hide_name_and_phone(self):
        source = "{{ name|mask_name }} {{ phone|mask_phone }}"

        assert rendered(source, name="王小明", phone="13812341234") == "王** 138****1234"


class TestBadges:
    @pytest.mark.parametrize(
        ("outcome", "sign", "word"),
        [
            (Outcome.FITS, "✓", "符合"),
            (Outcome.DOES_NOT_FIT, "✗", "不符合"),
            (Outcome.CANNOT_TELL, "?", "无法判断"),
        ],
    )
    def test_outcome_has_sign_and_word(self, outcome, sign, word):
        text = rendered("{{ x|outcome_badge }}", x=outcome)

        assert sign in text
        assert word in text

    def test_words_are_escaped(self):
        assert "&lt;b&gt;" in rendered("{% badge x 'bad' %}", x="<b>")

    @pytest.mark.parametrize(("state", "tone"), [("REJECTED", "bad"), ("UNHEARD_OF", "neutral")])
    def test_state_has_a_tone(self, state, tone):
        assert f"mk-tone-{tone}" in rendered("{% state_badge x '词' %}", x=state)


class TestShown:
    def test_cell_is_written_as_its_column_asks(self):
        cell = Cell(Decimal("50000"))

        assert rendered("{{ x|shown:kind }}", x=cell, kind=Kind.MONEY) == "5 万元"

    def test_text_is_escaped(self):
        assert rendered("{{ x|shown }}", x="<i>") == "&lt;i&gt;"

    @pytest.mark.parametrize("nothing", ["", None, "—", Cell("", tone=Tone.BAD)])
    def test_nothing_is_no_badge(self, nothing):
        assert rendered("{{ x|shown:'badge' }}", x=nothing) == "—"

    def test_badge_keeps_the_tone_of_its_cell(self):
        text = rendered("{{ x|shown:'badge' }}", x=Cell("逾期", tone=Tone.BAD))

        assert "mk-tone-bad" in text


class TestFormToken:
    def test_is_there_in_a_partial_that_sees_nothing_else(self):
        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        source = '{% include "marketplace/components/confirm_button.html" with action="/x/" label="撤回" only %}'

        text = Template(source).render(RequestContext(request))

        assert 'name="csrfmiddlewaretoken"' in text


class TestTableRows:
    def test_writes_link_note_kind_and_label(self):
        table = Table(
            [Column("企业"), Column("金额", Kind.MONEY)],
            [[Cell("示例公司", url="/x/?a=1&b=2", note="新"), Decimal(50000)]],
        )

        assert rendered("{% table_rows table %}", table=table) == (
            '<tr>\n<td class="mk-cell-text" data-label="企业" data-lead><span>'
            '<a href="/x/?a=1&amp;b=2">示例公司</a><span class="mk-cell-note">新</span></span></td>\n'
            '<td class="mk-cell-money" data-label="金额"><span>5 万元</span></td>\n</tr>'
        )

    @pytest.mark.parametrize(
        ("amounts", "written"),
        [
            (["500000", "160000"], ["50 万元", "16 万元"]),
            (["500080", "160000", None], ["500,080 元", "160,000 元", "—"]),
            (["0.01", Cell(Decimal(0))], ["0.01 元", "0 元"]),
        ],
    )
    def test_writes_the_money_of_a_column_in_one_unit(self, amounts, written):
        rows = [[Decimal(x) if isinstance(x, str) else x] for x in amounts]
        table = Table([Column("金额", Kind.MONEY)], rows)

        text = rendered("{% table_rows table %}", table=table)

        assert re.findall(r"<span>(.*?)</span></td>", text) == written

    @given(st.text(min_size=1), st.text(min_size=1))
    def test_no_text_reaches_the_page_unescaped(self, value, note):
        table = Table([Column("<名>")], [[Cell(f"<i>{value}", url='"<u>', note=f"<b>{note}")]])

        text = rendered("{% table_rows table %}", table=table)

        assert not [part for part in ("<i>", "<b>", "<u>", "<名>") if part in text]

    def test_the_deed_of_a_row_has_its_token(self):
        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        table = Table([Column("名称")], [[Cell("甲", action=Action("移除", "/x/"))]])

        text = Template("{% table_rows table %}").render(RequestContext(request, {"table": table}))

        assert 'action="/x/"' in text
        assert 'name="csrfmiddlewaretoken"' in text

    def test_a_row_too_short_fails(self):
        with pytest.raises(ValueError, match="shorter"):
            rendered("{% table_rows table %}", table=Table([Column("甲"), Column("乙")], [["1"]]))
