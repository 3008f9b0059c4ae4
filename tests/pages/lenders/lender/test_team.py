from __future__ import annotations

import pytest
from django.urls import reverse

from lenders.models import Branch, BranchPosting
from tests.access.lenders import STAFF_BODY

TEAM = reverse("lenders:team")


@pytest.fixture
def default(cast):
    return cast.institution.branches.get(is_default=True)


def posting_of(user):
    return BranchPosting.objects.get(membership__user=user)


class TestTeam:
    def test_names_branches_and_people(self, enter, cast):
        page = enter("officer").get(TEAM)

        assert "示例支行" in page.text
        assert "second_officer" in page.text
        assert "rival_officer" not in page.text

    def test_offers_arrangements_to_approvers_only(self, enter, cast):
        assert "终止任职" not in enter("officer").get(TEAM).text
        assert "终止任职" in enter("approver").get(TEAM).text

    def test_needs_few_queries(self, enter, cast, django_assert_max_num_queries):
        client = enter("approver")

        with django_assert_max_num_queries(9):
            client.get(TEAM)


class TestBranches:
    def test_are_opened(self, enter, cast):
        body = {"name": "河西支行", "district_codes": ["120103"]}

        answer = enter("approver").post(reverse("lenders:branch-create"), body)

        assert answer.headers["Location"] == TEAM
        assert Branch.objects.get(name="河西支行").districts.count() == 1

    def test_are_refused_with_a_sentence(self, enter, cast):
        page = enter("approver").post(reverse("lenders:branch-create"), {"name": "河西支行"})

        assert page.status_code == 422
        assert "请至少选择一个服务区域" in page.text

    def test_keep_a_default_one(self, enter, default):
        address = reverse("lenders:branch-edit", args=[default.public_id])

        page = enter("approver").post(address, {"name": "示例支行", "district_codes": ["120101"]})

        assert page.status_code == 422
        assert "BRANCH_DEFAULT_NEEDED" in page.text


class TestStaff:
    URL = reverse("lenders:staff-create")

    def test_get_an_account_and_a_branch(self, enter, cast, default):
        body = STAFF_BODY | {"branch": str(default.public_id)}

        answer = enter("approver").post(self.URL, body)

        assert answer.headers["Location"] == TEAM
        assert BranchPosting.objects.get(membership__user__username="new-colleague")

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"password": "123456789012"}, "PASSWORD_WEAK"),
            ({"username": "officer"}, "USERNAME_TAKEN"),
            ({"role": "OPERATOR"}, "mk-field-error"),
        ],
    )
    def test_are_refused_with_a_sentence(self, enter, cast, default, typed, sentence):
        body = STAFF_BODY | {"branch": str(default.public_id)} | typed

        page = enter("approver").post(self.URL, body)

        assert page.status_code == 422
        assert sentence in page.text

    def test_never_see_their_password_again(self, enter, cast, default):
        body = STAFF_BODY | {"branch": str(default.public_id), "username": ""}

        page = enter("approver").post(self.URL, body)

        assert STAFF_BODY["password"] not in page.text

    def test_move_and_leave(self, enter, cast):
        client, posting = enter("approver"), posting_of(cast.officer)
        branch = cast.institution.branches.create(name="河西支行")

        client.post(
            reverse("lenders:staff-move", args=[posting.public_id]), {"branch": branch.public_id}
        )
        client.post(reverse("lenders:staff-end", args=[posting.public_id]))

        posting.refresh_from_db()
        assert posting.branch == branch
        assert posting.membership.ended_at is not None

    def test_warn_what_becomes_of_an_officers_cases(self, enter, cast):
        client = enter("approver")
        address = reverse("lenders:staff-end", args=[posting_of(cast.officer).public_id])

        assert "在办申请回到网点" in client.get(TEAM).text
        assert "已回到网点待办" in client.post(address, follow=True).text

    def test_move_to_own_branches_only(self, enter, cast):
        address = reverse("lenders:staff-move", args=[posting_of(cast.officer).public_id])
        elsewhere = cast.rival_institution.branches.get()

        page = enter("approver").post(address, {"branch": elsewhere.public_id})

        assert page.status_code == 422
