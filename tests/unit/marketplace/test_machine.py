from __future__ import annotations

import pytest

from marketplace.domain.errors import TransitionRefused
from marketplace.domain.machine import FieldReason, Machine, Transition

ROLES = frozenset({"CLERK"})


def machine_with(*guards):
    rows = tuple(
        Transition("OPEN", "CLOSE", f"CLOSED_{number}", ROLES, "关闭", guard)
        for number, guard in enumerate(guards)
    )
    return Machine("thing", "OPEN", rows, {"OPEN": "进行中"})


def refused_by(*guards):
    with pytest.raises(TransitionRefused) as refused:
        machine_with(*guards).advance("OPEN", "CLOSE", ROLES, {})
    return refused.value


class TestAdvance:
    def test_says_at_which_field_a_guard_objects(self):
        refused = refused_by(lambda facts: FieldReason("请填写原因。", "reason"))

        assert (refused.code, refused.sentence) == ("GUARD_REFUSED", "请填写原因。")
        assert refused.fields == {"reason": "请填写原因。"}

    def test_names_no_field_when_the_reason_is_about_none(self):
        assert refused_by(lambda facts: "授权未生效。").fields == {}

    def test_gives_the_first_of_several_reasons(self):
        refused = refused_by(
            lambda facts: FieldReason("缺少一。", "first"), lambda facts: "缺少二。"
        )

        assert refused.fields == {"first": "缺少一。"}

    def test_passes_by_the_first_guard_that_agrees(self):
        row = machine_with(lambda facts: "不行。", lambda facts: None)

        assert row.advance("OPEN", "CLOSE", ROLES, {}).target == "CLOSED_1"
