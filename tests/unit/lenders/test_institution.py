import pytest

from lenders.domain.institution import (
    BANK_KINDS,
    INSTITUTION,
    INSTITUTION_KIND_LABELS,
    InstitutionKind,
    team_gaps,
)
from marketplace.domain.errors import TransitionRefused
from marketplace.domain.roles import SYSTEM, Role


class TestInstitutionKind:
    def test_every_kind_has_a_label(self):
        assert set(INSTITUTION_KIND_LABELS) == set(InstitutionKind)

    def test_a_guarantee_company_is_no_bank(self):
        assert InstitutionKind.GUARANTEE not in BANK_KINDS


class TestInstitution:
    def test_is_admitted_by_the_operator(self):
        assert INSTITUTION.advance("PENDING", "ADMIT", [Role.OPERATOR], {}).target == "ADMITTED"

    def test_is_suspended_and_restored(self):
        assert INSTITUTION.advance(
            "ADMITTED", "SUSPEND", [Role.OPERATOR], {"reason": "监管要求"}
        ).target == ("SUSPENDED")
        assert INSTITUTION.advance("SUSPENDED", "RESTORE", [Role.OPERATOR], {}).target == "ADMITTED"

    def test_applies_again_once_refused(self):
        assert INSTITUTION.advance("REFUSED", "REAPPLY", [SYSTEM], {}).target == "PENDING"

    def test_is_not_suspended_without_reason(self):
        with pytest.raises(TransitionRefused):
            INSTITUTION.advance("ADMITTED", "SUSPEND", [Role.OPERATOR], {})


class TestTeamGaps:
    def test_asks_for_a_branch_first(self):
        (gap,) = team_gaps(has_branch=False, has_default=False, roles=())

        assert "先添加网点" in gap

    def test_names_whatever_is_lacking(self):
        gaps = team_gaps(has_branch=True, has_default=False, roles=[Role.OFFICER])

        assert len(gaps) == 2
        assert "兜底网点" in gaps[0]
        assert "审批人" in gaps[1]
