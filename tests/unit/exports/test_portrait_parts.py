"""Parts of a portrait as they are printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from exports.domain.portrait_parts import indicators_of
from matching.domain.portrait import assemble
from tests.factories.records import NOW, make_inputs, make_record


def printed(label, *records):
    portrait = assemble(make_inputs(records=records), NOW)
    return next(line for line in indicators_of(portrait) if line.label.startswith(label))


def paid(**more):
    return make_record("TAX_PAYMENT", date(2026, 2, 5), {"paid_yuan": "5.00"}, **more)


class TestIndicatorsOf:
    def test_name_the_register_where_a_value_is_its_own(self):
        inputs = make_inputs()
        enterprise = replace(inputs.enterprise, source_unit="示例登记机关")
        portrait = assemble(replace(inputs, enterprise=enterprise), NOW)

        of_register = [line for line in indicators_of(portrait) if line.label == "成立时间"]

        assert [line.source_unit for line in of_register] == ["示例登记机关"]

    def test_mark_what_is_disputed(self):
        assert printed("近 12 个月纳税额", paid()).label == "近 12 个月纳税额"
        assert (
            printed("近 12 个月纳税额", paid(disputed=True)).label == "近 12 个月纳税额（有异议）"
        )

    def test_say_from_which_month_on_nothing_was_delivered(self):
        assert printed("近 12 个月纳税额", paid()).window == "近 12 个月，2026-02 起未送全"
