import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.domain.indicators import Missing
from matching.domain.portrait import (
    DISCLAIMER,
    assemble,
    canonical_json,
    content_hash,
    from_json,
    shipped_rules,
)
from matching.domain.portrait_json import dump, load_plain
from matching.domain.records import AsOf
from matching.domain.subject import ConsentFacts, DeclaredFacts
from tests.factories.records import ALL_CLASSES, NOW, SAMPLE, make_inputs, make_record

PORTRAIT = assemble(make_inputs(), NOW, {"catalogue": "7"})


class TestAssemble:
    def test_joins_records_with_what_was_declared(self):
        assert PORTRAIT.enterprise.name == "天津示例机械有限公司"
        assert PORTRAIT.declared.amount_yuan == Decimal("500000.00")
        assert PORTRAIT.indicator("tax_paid_12m_yuan").value == Decimal("2000.50")
        assert PORTRAIT.score.points is not None
        assert PORTRAIT.disclaimer == DISCLAIMER

    def test_shows_declared_against_recorded(self):
        assert [entry.code for entry in PORTRAIT.contradictions] == ["EMPLOYEES_SOCIAL_INSURANCE"]

    def test_lists_published_records_with_their_source(self):
        penalties = next(entry for entry in PORTRAIT.lists if entry.code == "penalties")

        assert penalties.total == 1
        assert penalties.entries[0].source == (
            "CREDIT_CENTER · 行政处罚 · 批次 batch-PENALTY 第 2 行 · 2026-02-03 接收"
        )

    def test_an_empty_list_of_an_item_nobody_delivers_says_so(self):
        bare = assemble(make_inputs([], fed_items={}), NOW)

        assert {entry.missing for entry in bare.lists} == {Missing.NOT_AVAILABLE}

    def test_lists_at_most_twenty_and_counts_them_all(self):
        many = [
            make_record("PERMIT", date(2025, 1, 1) + timedelta(days=n), {"XK_WSH": str(n)}, row=n)
            for n in range(2, 32)
        ]

        listed = next(e for e in assemble(make_inputs(many), NOW).lists if e.code == "permits")

        assert (listed.total, len(listed.entries)) == (30, 20)
        assert listed.entries[0].event_date == date(2025, 2, 1)

    def test_every_record_it_names_has_its_source(self):
        named = {i for value in PORTRAIT.indicators for i in value.evidence_ids}
        named |= {entry.record_id for listed in PORTRAIT.lists for entry in listed.entries}
        named |= {i for line in PORTRAIT.score.contributions for i in line.evidence_ids}
        named |= {i for entry in PORTRAIT.contradictions for i in entry.evidence_ids}
        batches = {entry.batch for entry in PORTRAIT.batches}

        assert named == {entry.record_id for entry in PORTRAIT.lineage}
        assert batches >= {ref.batch for v in PORTRAIT.indicators for ref in v.evidence_rows}
        source = PORTRAIT.source("TAX_PAYMENT-3")
        assert (source.item_code, source.batch, source.row_number) == (
            "TAX_PAYMENT",
            "batch-TAX_PAYMENT",
            3,
        )

    def test_names_the_parameters_it_was_made_with(self):
        assert PORTRAIT.versions == {
            "catalogue": "7",
            "format": "3",
            "indicators": "2015-01-01",
            "score_model": "public_credit@2015-01-01",
        }

    def test_in_an_earlier_format_says_zero_of_months_not_delivered_yet(self):
        paid = make_record("TAX_PAYMENT", date(2026, 1, 5), {"paid_yuan": "5.00"})
        inputs = make_inputs(records=[paid])
        earlier, today = assemble(inputs, NOW, {"format": "2"}), assemble(inputs, NOW)

        changed = [
            (before.value, now.value)
            for entry, other in zip(earlier.series, today.series, strict=True)
            for before, now in zip(entry.points, other.points, strict=True)
            if before.value != now.value
        ]
        assert changed == [(Decimal("0.00"), None)] * 3

    def test_given_rules_replace_the_shipped_ones(self):
        assert assemble(make_inputs(), NOW, {"catalogue": "7"}, shipped_rules()) == PORTRAIT

    def test_a_consent_without_a_class_keeps_its_records_out_entirely(self):
        classes = tuple(code for code in ALL_CLASSES if code != "09")
        portrait = assemble(make_inputs(consent=ConsentFacts(data_classes=classes)), NOW)

        assert portrait.indicator("tax_paid_12m_yuan").missing is Missing.NOT_AUTHORIZED
        assert "TAX_PAYMENT-" not in canonical_json(portrait)
        assert "1200.50" not in canonical_json(portrait)

    def test_a_consent_for_a_data_period_keeps_other_days_out(self):
        consent = ConsentFacts(
            data_classes=ALL_CLASSES, data_from=date(2026, 4, 1), data_to=date(2026, 4, 30)
        )

        portrait = assemble(make_inputs(consent=consent), NOW)

        assert portrait.indicator("tax_paid_12m_yuan").value == Decimal("800.00")
        assert portrait.indicator("penalties_12m").value == 1

    def test_without_consent_only_published_records_count(self):
        portrait = assemble(make_inputs(consent=ConsentFacts.public_only()), NOW)

        assert all(entry.public for entry in portrait.lineage)
        assert portrait.indicator("penalties_12m").value == 1

    def test_figures_of_annual_reports_need_their_class(self):
        known = replace(
            make_inputs().enterprise, employees=50, revenue_yuan=Decimal(9), assets_yuan=Decimal(9)
        )

        without = assemble(make_inputs(enterprise=known, consent=ConsentFacts(("09",))), NOW)
        within = assemble(make_inputs(enterprise=known, consent=ConsentFacts(("03",))), NOW)

        assert (without.enterprise.employees, without.enterprise.revenue_yuan) == (None, None)
        assert within.enterprise == known

    def test_a_company_established_that_day_has_a_portrait(self):
        young = replace(make_inputs().enterprise, established_date=NOW.day)

        portrait = assemble(make_inputs([], enterprise=young), NOW)

        assert portrait.indicator("age_months").value == 0

    def test_an_individual_has_a_portrait_without_score(self):
        individual = replace(make_inputs().enterprise, entity_type="INDIVIDUAL")

        portrait = assemble(make_inputs(enterprise=individual), NOW)

        assert portrait.score.points is None
        assert portrait.indicator("penalties_12m").value == 1


class TestReproducibility:
    @settings(max_examples=30)
    @given(st.permutations(SAMPLE))
    def test_gives_the_same_bytes_for_any_order_of_records(self, records):
        again = assemble(make_inputs(records), NOW, {"catalogue": "7"})

        assert canonical_json(again) == canonical_json(PORTRAIT)
        assert content_hash(again) == content_hash(PORTRAIT)

    def test_gives_the_same_bytes_although_more_was_learned_since(self):
        later = NOW.known_at + timedelta(days=1)
        late = make_record("PENALTY", date(2026, 5, 1), {}, row=9, received_at=later)
        fed = {**make_inputs().fed_items, "PENALTY": later}
        past = make_inputs([*SAMPLE, late], fed_items={**fed, "PENALTY": NOW.known_at})

        again = assemble(past, NOW, {"catalogue": "7"})

        assert again.indicators == PORTRAIT.indicators
        assert again.lists == PORTRAIT.lists

    def test_back_data_of_a_past_period_counts_when_it_is_known_now(self):
        loaded_late = make_record(
            "TAX_PAYMENT",
            date(2020, 1, 10),
            {"paid_yuan": "10.00"},
            received_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        then = AsOf.start_of(date(2020, 3, 1))
        looking_back = AsOf(date(2020, 3, 1), datetime(2026, 2, 1, tzinfo=UTC))

        unknown = assemble(make_inputs([loaded_late]), then)
        known = assemble(make_inputs([loaded_late]), looking_back)

        assert unknown.indicator("tax_paid_12m_yuan").value is None
        assert known.indicator("tax_paid_12m_yuan").value == Decimal("10.00")


class TestCanonicalJson:
    def test_reads_back_the_same_portrait_and_the_same_bytes(self):
        text = canonical_json(PORTRAIT)

        assert from_json(text) == PORTRAIT
        assert canonical_json(from_json(text)) == text

    def test_has_no_float(self):
        def refuse(text):
            raise AssertionError(text)

        json.loads(canonical_json(PORTRAIT), parse_float=refuse)

    def test_refuses_a_float(self):
        declared = replace(PORTRAIT.declared, amount_yuan=0.1)

        with pytest.raises(TypeError, match="float"):
            canonical_json(replace(PORTRAIT, declared=declared))

    def test_refuses_a_moment_without_zone(self):
        with pytest.raises(TypeError, match="naive"):
            canonical_json(replace(PORTRAIT, as_of=datetime(2026, 5, 12)))

    @given(
        st.decimals(
            allow_nan=False, allow_infinity=False, places=2, min_value=-(10**15), max_value=10**15
        )
    )
    def test_equal_amounts_are_written_alike(self, amount):
        one = DeclaredFacts(amount_yuan=amount)
        other = DeclaredFacts(amount_yuan=amount.normalize())

        assert dump(one) == dump(other)
        assert load_plain(DeclaredFacts, json.loads(dump(one))) == one

    def test_the_same_moment_in_another_zone_gives_the_same_bytes(self):
        moved = replace(PORTRAIT, as_of=PORTRAIT.as_of.astimezone())

        assert canonical_json(moved) == canonical_json(PORTRAIT)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"as_of": 1}', "null"])
    def test_refuses_what_is_no_portrait(self, text):
        with pytest.raises(ValueError):  # noqa: PT011
            from_json(text)
