from __future__ import annotations

import pytest
from django.urls import reverse

from lenders.models import Branch, BranchPosting
from lenders.selectors import posting_get, staff_list
from lenders.services import (
    branch_create,
    branch_edit,
    staff_add,
    staff_end,
    staff_move,
    staff_post,
)
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.roles import Role
from marketplace.models import Membership, Notification, User

ACCOUNT = {"username": "zhao", "password": "colleague-pass-2026", "display_name": "赵示例"}


@pytest.fixture
def branch(cast, now):
    return branch_create(
        institution=cast.institution,
        name="河西支行",
        district_codes=["120103"],
        is_default=False,
        actor=cast.approver,
        at=now,
    )


def posting_of(user):
    return BranchPosting.objects.select_related("branch__institution").get(membership__user=user)


class TestBranchCreate:
    def test_opens_a_branch_for_its_districts(self, branch):
        assert [district.code for district in branch.districts.all()] == ["120103"]

    def test_takes_over_being_the_default(self, cast, now):
        new = branch_create(
            institution=cast.institution,
            name="总行营业部",
            district_codes=[],
            is_default=True,
            actor=cast.operator,
            at=now,
        )

        assert [
            row.pk for row in Branch.objects.filter(institution=cast.institution, is_default=True)
        ] == [new.pk]

    @pytest.mark.parametrize(
        ("name", "codes", "field"),
        [
            ("", ["120103"], "name"),
            ("一支行", ["999999"], "district_codes"),
            ("一支行", [], "district_codes"),
        ],
    )
    def test_refuses_at_the_field(self, cast, now, name, codes, field):
        with pytest.raises(Refused) as refused:
            branch_create(
                institution=cast.institution,
                name=name,
                district_codes=codes,
                is_default=False,
                actor=cast.approver,
                at=now,
            )

        assert set(refused.value.fields) == {field}

    def test_refuses_a_name_twice(self, cast, branch, now):
        with pytest.raises(Conflict):
            branch_create(
                institution=cast.institution,
                name="河西支行",
                district_codes=["120101"],
                is_default=False,
                actor=cast.approver,
                at=now,
            )

    @pytest.mark.parametrize("name", ["officer", "rival_approver", "auditor", "owner"])
    def test_demands_an_approver_of_the_institution_or_an_operator(self, cast, now, name):
        with pytest.raises(NotPermitted):
            branch_create(
                institution=cast.institution,
                name="河西支行",
                district_codes=["120103"],
                is_default=False,
                actor=getattr(cast, name),
                at=now,
            )

    def test_refuses_an_institution_that_is_not_admitted(self, cast, now):
        cast.institution.state = "SUSPENDED"
        cast.institution.save()

        with pytest.raises(Conflict) as refused:
            branch_create(
                institution=cast.institution,
                name="河西支行",
                district_codes=["120103"],
                is_default=False,
                actor=cast.approver,
                at=now,
            )

        assert refused.value.code == "INSTITUTION_NOT_ADMITTED"


class TestBranchEdit:
    def edit(self, cast, now, branch, **changes):
        values = {"name": "新名支行", "district_codes": ["120101"], "is_default": False}
        return branch_edit(branch=branch, **(values | changes), actor=cast.approver, at=now)

    def test_changes_name_and_districts(self, cast, branch, now):
        self.edit(cast, now, branch)

        branch.refresh_from_db()
        assert branch.name == "新名支行"
        assert [district.code for district in branch.districts.all()] == ["120101"]

    def test_keeps_its_own_name(self, cast, branch, now):
        assert self.edit(cast, now, branch, name="河西支行").name == "河西支行"

    def test_refuses_to_leave_no_default(self, cast, now):
        default = cast.institution.branches.get(is_default=True)

        with pytest.raises(Refused) as refused:
            self.edit(cast, now, default)

        assert refused.value.code == "BRANCH_DEFAULT_NEEDED"


class TestStaffPost:
    def test_gives_role_and_branch(self, cast, branch, now):
        posting = staff_post(
            user=cast.stranger,
            institution=cast.institution,
            role=Role.OFFICER,
            branch=branch,
            actor=cast.approver,
            at=now,
        )

        assert (posting.membership.role, posting.branch) == ("OFFICER", branch)

    def test_refuses_a_role_of_other_organisations(self, cast, branch, now):
        with pytest.raises(Refused) as refused:
            staff_post(
                user=cast.stranger,
                institution=cast.institution,
                role=Role.OPERATOR,
                branch=branch,
                actor=cast.approver,
                at=now,
            )

        assert refused.value.code == "ROLE_NOT_OF_KIND"

    def test_refuses_somebody_of_another_institution(self, cast, branch, now):
        with pytest.raises(Conflict) as refused:
            staff_post(
                user=cast.rival_officer,
                institution=cast.institution,
                role=Role.OFFICER,
                branch=branch,
                actor=cast.approver,
                at=now,
            )

        assert refused.value.code == "STAFF_ELSEWHERE"

    def test_refuses_another_institutions_branch(self, cast, branch, now):
        with pytest.raises(Refused) as refused:
            staff_post(
                user=cast.stranger,
                institution=cast.rival_institution,
                role=Role.OFFICER,
                branch=branch,
                actor=cast.rival_approver,
                at=now,
            )

        assert refused.value.code == "BRANCH_OF_OTHER"


class TestStaffAdd:
    def test_creates_the_account_and_posts_it(self, cast, branch, now):
        posting = staff_add(
            institution=cast.institution,
            branch=branch,
            role=Role.APPROVER,
            **ACCOUNT,
            actor=cast.operator,
            at=now,
        )

        assert posting.membership.user.check_password(ACCOUNT["password"])
        assert posting in staff_list(cast.institution)

    def test_asks_the_colleague_to_change_the_first_password(self, cast, branch, now):
        posting = staff_add(
            institution=cast.institution,
            branch=branch,
            role=Role.OFFICER,
            **ACCOUNT,
            phone="022-5555 0188",
            actor=cast.approver,
            at=now,
        )

        told = Notification.objects.get(user=posting.membership.user)
        assert told.path == reverse("marketplace:password-change")
        assert posting.membership.user.phone == "022-5555 0188"

    def test_refuses_a_telephone_nobody_answers(self, cast, branch, now):
        with pytest.raises(Refused) as refused:
            staff_add(
                institution=cast.institution,
                branch=branch,
                role=Role.OFFICER,
                **ACCOUNT,
                phone="前台",
                actor=cast.approver,
                at=now,
            )

        assert set(refused.value.fields) == {"phone"}

    def test_tells_of_name_and_password_at_once(self, cast, branch, now):
        with pytest.raises(Refused) as refused:
            staff_add(
                institution=cast.institution,
                branch=branch,
                role=Role.OFFICER,
                username="zhao hang",
                password="12345",
                display_name="赵示例",
                actor=cast.approver,
                at=now,
            )

        assert (refused.value.code, set(refused.value.fields)) == (
            "USERNAME_INVALID",
            {"username", "password"},
        )

    def test_leaves_no_account_when_the_posting_is_refused(self, cast, now):
        elsewhere = cast.rival_institution.branches.get()

        with pytest.raises(Refused):
            staff_add(
                institution=cast.institution,
                branch=elsewhere,
                role=Role.OFFICER,
                **ACCOUNT,
                actor=cast.approver,
                at=now,
            )

        assert not User.objects.filter(username="zhao").exists()


class TestStaffMove:
    def test_changes_the_branch(self, cast, branch, now):
        staff_move(posting=posting_of(cast.officer), branch=branch, actor=cast.approver, at=now)

        assert posting_of(cast.officer).branch == branch


class TestStaffEnd:
    def test_ends_the_membership_at_once(self, cast, now):
        posting = posting_of(cast.officer)

        staff_end(posting=posting, actor=cast.approver, at=now)

        assert Membership.objects.get(user=cast.officer).ended_at == now
        with pytest.raises(NotFound):
            posting_get(cast.approver, posting.public_id)

    def test_refuses_to_end_ones_own(self, cast, now):
        with pytest.raises(Refused) as refused:
            staff_end(posting=posting_of(cast.approver), actor=cast.approver, at=now)

        assert refused.value.code == "STAFF_SELF"

    def test_works_for_a_suspended_institution(self, cast, now):
        cast.institution.state = "SUSPENDED"
        cast.institution.save()

        staff_end(posting=posting_of(cast.officer), actor=cast.operator, at=now)

        assert Membership.objects.get(user=cast.officer).ended_at == now
