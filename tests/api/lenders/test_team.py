from __future__ import annotations

from django.urls import reverse

from lenders.models import BranchPosting
from tests.access.lenders import STAFF_BODY

BRANCHES = reverse("api:branch-list")
STAFF = reverse("api:staff-list")
BRANCH = {"name": "河西支行", "district_codes": ["120103"]}


class TestBranches:
    def test_are_listed_opened_and_changed(self, call, cast):
        made = call("approver", "post", BRANCHES, BRANCH).json()
        address = reverse("api:branch-edit", args=[made["id"]])
        changed = call("approver", "put", address, BRANCH | {"district_codes": ["120101"]}).json()
        listed = call("officer", "get", BRANCHES).json()

        assert set(made) == {"id", "name", "is_default", "district_codes"}
        assert changed["district_codes"] == ["120101"]
        assert [row["name"] for row in listed] == ["示例支行", "河西支行"]

    def test_name_the_faulty_field(self, call, cast):
        answer = call("approver", "post", BRANCHES, BRANCH | {"district_codes": ["999999"]})

        assert answer.status_code == 400
        assert set(answer.json()["fields"]) == {"district_codes"}


class TestStaff:
    def body(self, cast):
        return STAFF_BODY | {"branch_id": str(cast.institution.branches.get().public_id)}

    def test_get_an_account_and_no_password_back(self, call, cast):
        answer = call("approver", "post", STAFF, self.body(cast))

        assert answer.status_code == 201
        assert set(answer.json()) == {
            "id",
            "user_id",
            "username",
            "display_name",
            "role",
            "branch_id",
            "branch",
        }

    def test_work_at_own_branches_only(self, call, cast):
        elsewhere = str(cast.rival_institution.branches.get().public_id)

        answer = call("approver", "post", STAFF, self.body(cast) | {"branch_id": elsewhere})

        assert (answer.status_code, answer.json()["code"]) == (400, "BRANCH_OF_OTHER")

    def test_leave(self, call, cast):
        posting = BranchPosting.objects.get(membership__user=cast.officer)

        answer = call("approver", "delete", reverse("api:staff-detail", args=[posting.public_id]))

        posting.membership.refresh_from_db()
        assert answer.status_code == 204
        assert posting.membership.ended_at is not None
        assert "officer" not in {row["username"] for row in call("approver", "get", STAFF).json()}
