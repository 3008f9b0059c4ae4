"""A reviewer named and a district delegated, through pages and API: shut before, open during, shut after."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from borrowers.services import consent_revoke
from marketplace.domain.workdays import local_date
from marketplace.models import AccessRecord, ExceptionalGrant
from tests.cast import NOW
from tests.factories.grants import DAYS, DISTRICT, make_colleague
from tests.factories.matching import make_application
from tests.factories.whitelist import deliver_lists, make_whitelist

pytestmark = pytest.mark.django_db
AFTER = NOW + timedelta(days=DAYS + 1)
LAST_DAY = str(local_date(NOW) + timedelta(days=DAYS))


def status(client, user, path, at=NOW):
    with time_machine.travel(at, tick=False):
        client.force_login(user)
        return client.get(path).status_code


def post(client, user, path, data, at=NOW, **options):
    with time_machine.travel(at, tick=False):
        client.force_login(user)
        return client.post(path, data, **options)


class TestNamedReviewer:
    @pytest.fixture
    def case(self, cast):
        return make_application(cast, "DUE_DILIGENCE")

    @pytest.fixture
    def colleague(self, cast):
        return make_colleague(cast)

    @pytest.fixture
    def named(self, client, cast, case, colleague):
        path = reverse("matching:reviewer-list", args=[case.public_id])
        form = {"holder": colleague.public_id, "last_day": LAST_DAY, "reason": "请行业专员审阅"}
        assert post(client, cast.approver, path, form).status_code == 302
        return ExceptionalGrant.objects.get()

    @pytest.mark.parametrize("name", ["matching:review-detail", "api:application-review"])
    def test_opens_the_review_during_the_grant_only(self, client, case, colleague, request, name):
        path = reverse(name, args=[case.public_id])
        assert status(client, colleague, path) == 404

        request.getfixturevalue("named")

        assert status(client, colleague, path) == 200
        assert status(client, colleague, path, AFTER) == 404

    def test_is_shut_out_by_revocation(self, client, cast, case, colleague, named):
        path = reverse("matching:review-detail", args=[case.public_id])
        assert status(client, colleague, path) == 200

        revoke = reverse("matching:grant-revoke", args=[named.public_id])
        assert post(client, cast.approver, revoke, {}).status_code == 302

        assert status(client, colleague, path) == 404

    def test_reads_without_steps_contact_or_file(self, client, cast, case, colleague, named):
        with time_machine.travel(NOW, tick=False):
            client.force_login(colleague)
            page = client.get(reverse("matching:review-detail", args=[case.public_id]))
        soup = BeautifulSoup(page.content, "html.parser")
        main = soup.find("main")

        assert "指定审阅人" in main.text
        assert "提交时的准入条件" in main.text
        assert "联系电话" not in main.text
        assert cast.enterprise.account.contact_phone not in main.text
        assert not main.find_all("form", method="post")
        assert "portrait.pdf" not in str(main)

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("matching:review-note", {"text": "备注"}),
            ("api:application-note", {"text": "备注"}),
        ],
    )
    def test_writes_nothing(self, client, case, colleague, named, name, body):
        path = reverse(name, args=[case.public_id])

        assert post(client, colleague, path, body).status_code == 404

    @pytest.mark.parametrize(
        "name", ["exports:portrait-pdf", "api:application-detail", "api:application-portrait"]
    )
    def test_opens_the_review_alone(self, client, case, colleague, named, name):
        assert status(client, colleague, reverse(name, args=[case.public_id])) == 404

    def test_leaves_a_trace_the_enterprise_sees(self, client, cast, case, colleague, named):
        status(client, colleague, reverse("matching:review-detail", args=[case.public_id]))

        record = AccessRecord.objects.get(user=colleague)
        assert (record.subject_uscc, record.application_ref) == (
            cast.enterprise.uscc,
            case.public_id,
        )

    def test_sees_no_portrait_without_consent(self, client, cast, case, colleague, named):
        consent_revoke(consent_id=case.consent.public_id, reason="", actor=cast.owner, at=NOW)
        with time_machine.travel(NOW, tick=False):
            client.force_login(colleague)
            page = client.get(reverse("matching:review-detail", args=[case.public_id]))

        assert "提交时的准入条件" not in page.content.decode()
        assert not AccessRecord.objects.filter(user=colleague).exists()


class TestDelegate:
    @pytest.fixture
    def whitelist(self, cast):
        deliver_lists()
        return make_whitelist(cast)

    @pytest.fixture
    def delegated(self, client, cast):
        form = {
            "district": DISTRICT,
            "holder": cast.other_district_clerk.public_id,
            "last_day": LAST_DAY,
            "reason": "经办休假",
        }
        path = reverse("matching:delegation-list")
        assert post(client, cast.district_lead, path, form).status_code == 302
        return ExceptionalGrant.objects.get()

    @pytest.mark.parametrize("name", ["matching:whitelist-detail", "api:whitelist-detail"])
    def test_opens_the_list_during_the_grant_only(self, client, cast, whitelist, request, name):
        path = reverse(name, args=[whitelist.public_id])
        clerk = cast.other_district_clerk
        assert status(client, clerk, path) == 404

        request.getfixturevalue("delegated")

        assert status(client, clerk, path) == 200
        assert status(client, clerk, path, AFTER) == 404

    def test_is_offered_the_district_when_drafting(self, client, cast, delegated):
        with time_machine.travel(NOW, tick=False):
            client.force_login(cast.other_district_clerk)
            page = client.get(reverse("matching:whitelist-upload"))

        choices = page.context["form"].fields["district"].choices
        assert [code for code, _ in choices] == ["120101", DISTRICT]

    def test_cannot_publish(self, client, cast, delegated):
        deliver_lists()
        waiting = make_whitelist(cast, "PENDING_APPROVAL")
        path = reverse("matching:whitelist-approve", args=[waiting.public_id])

        assert post(client, cast.other_district_clerk, path, {}).status_code == 403

    def test_is_shut_out_by_revocation(self, client, cast, whitelist, delegated):
        revoke = reverse("api:grant-revoke", args=[delegated.public_id])
        answer = post(client, cast.district_lead, revoke, {}, content_type="application/json")

        assert answer.json()["state"] == "REVOKED"
        path = reverse("matching:whitelist-detail", args=[whitelist.public_id])
        assert status(client, cast.other_district_clerk, path) == 404


class TestAuditor:
    def test_reads_live_and_ended_grants(self, client, cast):
        form = {
            "district": DISTRICT,
            "holder": str(cast.other_district_clerk.public_id),
            "last_day": LAST_DAY,
            "reason": "经办休假",
        }
        path = reverse("api:whitelist-delegations")
        given = post(client, cast.district_lead, path, form, content_type="application/json")
        assert given.status_code == 201

        with time_machine.travel(AFTER, tick=False):
            client.force_login(cast.auditor)
            page = client.get(reverse("marketplace:grant-list")).content.decode()
            listed = client.get(reverse("api:grant-list")).json()["results"]

        assert "经办休假" in page
        assert "已到期" in page
        assert [row["state"] for row in listed] == ["EXPIRED"]
