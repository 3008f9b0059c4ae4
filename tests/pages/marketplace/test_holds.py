"""Where a second factor is required: nothing opens to staff before an authenticator is set up."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from marketplace.domain.roles import STAFF_ROLES
from marketplace.models import Membership
from marketplace.web.holds import ALWAYS_OPEN, HOLDS
from tests.factories.reference import enter_reference
from tests.factories.second_factor import make_authenticator
from tests.factories.unit_tokens import bearer, make_token

STAFF = ["officer", "approver", "district_clerk", "district_lead", "operator", "auditor"]
SAMPLES = {
    "<int:": "1",
    "<str:": "X",
    "<slug:": "x",
    "<uuid:": "00000000-0000-4000-8000-000000000000",
    "<date:": "2026-11-23",
}


def addresses(patterns=None, before="/", space=""):
    """Yield the name and one address of everything the marketplace answers."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", filled(route)


def filled(route):
    while "<" in route:
        start, end = route.index("<"), route.index(">")
        kind = route[start : route.index(":", start) + 1] if ":" in route[start:end] else "<str:"
        route = route[:start] + SAMPLES.get(kind, "1") + route[end + 1 :]
    return route


ADDRESSES = dict(addresses())


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def _required(settings):
    settings.MFA_REQUIRED = True


@pytest.mark.usefixtures("_required")
class TestRequired:
    @pytest.mark.parametrize("member", STAFF)
    def test_everything_leads_staff_to_the_enrolment(self, cast, member):
        browser = browser_of(getattr(cast, member))
        hold = next(hold for hold in HOLDS if hold.code == "SECOND_FACTOR_MISSING")
        wrong = []
        for name, address in ADDRESSES.items():
            answer = browser.get(address)
            if hold.opens(name):
                continue
            if address.startswith("/api/"):
                is_held = answer.status_code == 403
                is_held = is_held and answer.json()["code"] == "SECOND_FACTOR_MISSING"
            else:
                is_held = answer.status_code == 302 and answer.url == "/second-factor/"
            if not is_held:
                wrong.append((name, address, answer.status_code))

        assert len(ADDRESSES) > 200
        assert wrong == []

    def test_every_staff_role_is_walked(self, cast):
        held = Membership.objects.filter(user__username__in=STAFF)

        assert {row.role for row in held} == {role.value for role in STAFF_ROLES}

    def test_nothing_is_written_by_a_form(self, cast):
        answer = browser_of(cast.officer).post("/phone/", {"phone": "022-23451234"})

        cast.officer.refresh_from_db()
        assert (answer.status_code, cast.officer.phone) == (302, "")

    def test_the_page_says_why(self, cast):
        browser = browser_of(cast.officer)
        browser.get("/desk/")

        assert "绑定之前不能办理其他事项" in browser.get("/second-factor/").content.decode()

    def test_enterprises_and_visitors_are_not_held(self, cast, client):
        assert browser_of(cast.owner).get("/notifications/").status_code == 200
        assert browser_of(cast.agent).get("/api/v1/me/").status_code == 200
        assert client.get("/").status_code == 200

    def test_who_also_works_for_a_lender_is_held(self, cast, now):
        bank = cast.institution.organisation
        Membership.objects.create(
            user=cast.owner, organisation=bank, role="OFFICER", granted_at=now
        )

        assert browser_of(cast.owner).get("/notifications/").url == "/second-factor/"

    def test_an_initial_password_comes_first(self, cast):
        cast.officer.must_change_password = True
        cast.officer.save()

        assert browser_of(cast.officer).get("/desk/").url == "/password/"

    def test_a_code_comes_before_an_initial_password(self, cast, now):
        make_authenticator(cast.officer, at=now)
        cast.officer.must_change_password = True
        cast.officer.save()

        assert browser_of(cast.officer).get("/password/").url.startswith("/second-factor/code/")

    def test_tokens_of_machines_are_not_held(self, cast, now, client):
        enter_reference(at=now)
        token = bearer(make_token("TAX", actor=cast.operator, at=now, name="报送"))

        assert client.get(reverse("api:batch-list"), headers=token).status_code == 200


class TestNotRequired:
    @pytest.mark.parametrize("member", STAFF)
    def test_staff_go_on_without(self, cast, member):
        assert browser_of(getattr(cast, member)).get("/notifications/").status_code == 200

    def test_costs_no_query(self, cast, django_assert_max_num_queries):
        browser = browser_of(cast.officer)
        browser.get("/notifications/")

        with django_assert_max_num_queries(4):
            browser.get("/notifications/")


def test_what_is_always_open_exists():
    assert set(ADDRESSES) >= ALWAYS_OPEN
    assert {hold.page for hold in HOLDS} <= set(ADDRESSES)
