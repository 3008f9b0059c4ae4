from __future__ import annotations

import pytest

from lenders.selectors import (
    branch_for,
    branch_get,
    branch_list,
    branch_of,
    institution_admitted_list,
    institution_get,
    institution_list,
    institution_of,
    officers_of,
    staff_list,
)
from marketplace.domain.errors import Conflict, NotFound, NotPermitted
from marketplace.models import District


def open_branch(institution, name, *codes):
    branch = institution.branches.create(name=name)
    branch.districts.set(District.objects.filter(code__in=codes))
    return branch


class TestInstitutionAdmittedList:
    def test_leaves_out_who_is_not_admitted(self, cast):
        cast.rival_institution.state = "SUSPENDED"
        cast.rival_institution.save()

        assert list(institution_admitted_list()) == [cast.institution]


class TestInstitutionList:
    def test_shows_the_city_all_and_a_lender_its_own(self, cast):
        assert len(institution_list(cast.operator)) == 2
        assert list(institution_list(cast.officer)) == [cast.institution]
        assert not institution_list(cast.district_lead)

    def test_filters_by_state(self, cast):
        assert not institution_list(cast.operator, "PENDING")


class TestInstitutionGet:
    def test_is_not_found_by_a_stranger(self, cast):
        with pytest.raises(NotFound):
            institution_get(cast.rival_approver, cast.institution.public_id)


class TestInstitutionOf:
    def test_is_where_the_user_works(self, cast):
        assert institution_of(cast.approver) == cast.institution

    def test_is_refused_to_others(self, cast):
        with pytest.raises(NotPermitted):
            institution_of(cast.operator)


class TestBranchFor:
    def test_prefers_a_branch_of_the_district_to_the_default_one(self, cast):
        own = open_branch(cast.institution, "河西支行", "120103")

        assert branch_for(cast.institution, "120103") == own

    def test_falls_back_to_the_default_one(self, cast):
        default = cast.institution.branches.get(is_default=True)
        default.districts.clear()

        assert branch_for(cast.institution, "120103") == default

    def test_says_when_nobody_serves_the_district(self, cast):
        cast.institution.branches.update(is_default=False)
        cast.institution.branches.get().districts.clear()

        with pytest.raises(Conflict) as refused:
            branch_for(cast.institution, "120103")

        assert refused.value.code == "BRANCH_MISSING"


class TestBranchOf:
    def test_is_where_the_user_is_posted(self, cast):
        assert branch_of(cast.officer, cast.institution).is_default
        assert branch_of(cast.officer, cast.rival_institution) is None


class TestBranchGet:
    def test_is_not_found_by_a_stranger(self, cast):
        branch = cast.institution.branches.get()

        with pytest.raises(NotFound):
            branch_get(cast.rival_approver, branch.public_id)


class TestBranchList:
    def test_brings_districts_in_two_queries(self, cast, django_assert_max_num_queries):
        for number in range(5):
            open_branch(cast.institution, f"示例{number}支行", "120101", "120102")

        with django_assert_max_num_queries(2):
            branches = branch_list(cast.institution)
            told = [[district.name for district in branch.districts.all()] for branch in branches]

        assert branches[0].is_default
        assert len(told) == 6


class TestOfficersOf:
    def test_are_the_branchs_officers_only(self, cast):
        branch = cast.institution.branches.get()

        assert officers_of(branch) == [cast.officer, cast.second_officer]


class TestStaffList:
    def test_names_everybody_in_one_query(self, cast, django_assert_max_num_queries):
        with django_assert_max_num_queries(1):
            told = [
                (row.membership.user.username, row.branch.name)
                for row in staff_list(cast.institution)
            ]

        assert [name for name, _ in told] == ["approver", "officer", "second_officer"]
