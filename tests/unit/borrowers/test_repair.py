"""Publicity periods of the two orders, admission of repair."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from borrowers.domain.repair import (
    BreachClass,
    Finding,
    breach_class_of,
    publication_end,
    publicity_of,
    refuse_inadmissible_repair,
    repair_admissible,
)
from marketplace.domain.errors import Refused

LIGHT, GENERAL, SERIOUS = BreachClass.LIGHT, BreachClass.GENERAL, BreachClass.SERIOUS
FINDING = Finding(
    GENERAL, date(2026, 5, 12), duties_fulfilled_on=date(2026, 5, 20), commitment_made=True
)


class TestPublicity:
    @pytest.mark.parametrize(
        ("degree", "found_on", "earliest", "latest"),
        [
            (LIGHT, date(2026, 4, 1), date(2026, 4, 1), date(2026, 7, 1)),
            (GENERAL, date(2026, 4, 1), date(2026, 7, 1), date(2027, 4, 1)),
            (SERIOUS, date(2026, 4, 1), date(2027, 4, 1), date(2029, 4, 1)),
            (GENERAL, date(2026, 3, 31), date(2026, 6, 30), date(2029, 3, 31)),
            (SERIOUS, date(2026, 3, 31), date(2027, 3, 31), date(2029, 3, 31)),
            (GENERAL, date(2020, 1, 15), date(2020, 4, 15), date(2023, 1, 15)),
        ],
    )
    def test_follows_the_order_of_the_day_of_the_finding(self, degree, found_on, earliest, latest):
        period = publicity_of(degree, found_on)

        assert (period.earliest_end, period.latest_end) == (earliest, latest)

    def test_lasted_a_year_in_special_sectors_under_the_old_order(self):
        period = publicity_of(GENERAL, date(2026, 3, 31), special_sector=True)

        assert period.earliest_end == date(2027, 3, 31)

    def test_is_not_the_rule_for_light_breaches_since_the_new_order(self):
        assert not publicity_of(LIGHT, date(2026, 4, 1)).is_published
        assert publicity_of(LIGHT, date(2026, 3, 31)).is_published

    def test_ends_with_repair(self):
        assert publication_end(GENERAL, date(2026, 5, 12), repaired_on=date(2026, 9, 1)) == date(
            2026, 9, 1
        )
        assert publication_end(GENERAL, date(2026, 5, 12)) == date(2027, 5, 12)

    @pytest.mark.parametrize(
        ("label", "kind", "degree"),
        [
            ("严重", "警告", SERIOUS),
            ("", "通报批评", LIGHT),
            ("", "罚款", GENERAL),
            ("", "吊销许可证件", SERIOUS),
        ],
    )
    def test_degree_is_as_stated_else_by_kind(self, label, kind, degree):
        assert breach_class_of(label, kind) is degree


class TestRepairAdmissible:
    def test_from_the_day_the_shortest_period_is_over(self):
        assert repair_admissible(FINDING, date(2026, 8, 12)).passed
        assert repair_admissible(FINDING, date(2026, 8, 11)).rule_code == "REPAIR_TOO_EARLY"

    def test_at_once_for_light_breaches(self):
        light = replace(FINDING, breach_class=LIGHT)

        assert repair_admissible(light, date(2026, 5, 20)).passed

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"duties_fulfilled_on": None}, "REPAIR_DUTIES_OPEN"),
            ({"duties_fulfilled_on": date(2026, 9, 2)}, "REPAIR_DUTIES_OPEN"),
            ({"duties_fulfilled_on": date(2026, 5, 11)}, "REPAIR_DUTIES_DATE"),
            ({"commitment_made": False}, "REPAIR_NO_COMMITMENT"),
            ({"repeated": True}, "REPAIR_REPEATED"),
            ({"false_material_on": date(2024, 1, 1)}, "REPAIR_BARRED"),
        ],
    )
    def test_not_while_a_condition_is_missing(self, changes, code):
        with pytest.raises(Refused) as refusal:
            refuse_inadmissible_repair(replace(FINDING, **changes), date(2026, 9, 1))

        assert refusal.value.code == code

    def test_again_three_years_after_false_material(self):
        assert repair_admissible(
            replace(FINDING, false_material_on=date(2023, 9, 1)), date(2026, 9, 1)
        ).passed

    def test_names_the_order_it_follows(self):
        assert repair_admissible(FINDING, date(2026, 9, 1)).parameter_version == "2026-04-01"
