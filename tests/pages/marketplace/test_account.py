"""In and out, password, whom to act for, where to begin, notices."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client

from marketplace.models import AuditEvent, Membership, Notification, User
from marketplace.services import notify, user_create
from tests.cast import PASSWORD

NEW = "another-pass-2026-ok"


def soup(answer):
    return BeautifulSoup(answer.content, "html.parser")


@pytest.fixture
def owner_client(cast):
    browser = Client()
    browser.force_login(cast.owner)
    return browser


@pytest.fixture
def two_seats(cast, now):
    """The owner also works for the rival enterprise."""
    rival = Membership.objects.get(user=cast.rival_owner).organisation
    Membership.objects.create(user=cast.owner, organisation=rival, role="AGENT", granted_at=now)
    return rival


class TestLogIn:
    def test_leads_to_the_own_page(self, client, cast):
        answer = client.post("/login/", {"username": "owner", "password": PASSWORD})

        assert (answer.status_code, answer.url) == (302, "/me/")

    def test_changes_the_session_key(self, client, cast):
        client.get("/login/")
        client.session["x"] = 1
        before = client.session.session_key

        client.post("/login/", {"username": "owner", "password": PASSWORD})

        assert client.session.session_key != before

    @pytest.mark.parametrize("username", ["owner", "nobody"])
    def test_says_the_same_of_known_and_unknown_accounts(self, client, cast, username):
        page = soup(client.post("/login/", {"username": username, "password": "wrong"}))

        assert "账号或密码不正确" in page.select_one(".mk-error-summary").get_text()

    def test_pauses_after_five_failures(self, client, cast):
        for _ in range(5):
            client.post("/login/", {"username": "owner", "password": "wrong"})

        answer = client.post("/login/", {"username": "owner", "password": PASSWORD})

        assert answer.status_code == 429
        assert "LOGIN_LOCKED" in answer.content.decode()

    def test_leads_to_no_other_site(self, client, cast):
        data = {"username": "owner", "password": PASSWORD, "next": "https://evil.example/"}

        assert client.post("/login/", data).url == "/me/"


class TestLogOut:
    def test_ends_the_session_and_clears_the_browser(self, owner_client):
        answer = owner_client.post("/logout/")

        assert '"storage"' in answer.headers["Clear-Site-Data"]
        assert owner_client.get("/me/").status_code == 302

    def test_is_no_deed_of_a_link(self, owner_client):
        assert owner_client.get("/logout/").status_code == 405


class TestPrivacy:
    @pytest.mark.parametrize(
        "address", ["/", "/notifications/", "/choose/", "/password/", "/nope/"]
    )
    def test_pages_of_whoever_is_logged_in_are_not_stored(self, owner_client, address):
        assert owner_client.get(address).headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        "address", ["/me/", "/choose/", "/password/", "/phone/", "/notifications/"]
    )
    def test_strangers_are_asked_to_log_in(self, client, db, address):
        assert client.get(address).url == f"/login/?next={address}"


class TestInitialPassword:
    """Somebody whose password somebody else chose."""

    @pytest.fixture
    def held(self, cast, now):
        user_create(
            username="newcomer", password=PASSWORD, display_name="新人", actor=cast.owner, at=now
        )
        browser = Client()
        browser.post("/login/", {"username": "newcomer", "password": PASSWORD})
        return browser

    @pytest.mark.parametrize("address", ["/me/", "/notifications/", "/"])
    def test_leads_to_its_change(self, held, address):
        answer = held.get(address)

        assert (answer.status_code, answer.url) == (302, "/password/")
        assert "请先改为只有您知道的密码" in held.get("/password/").content.decode()

    def test_closes_the_interface(self, held):
        answer = held.get("/api/v1/me/")

        assert (answer.status_code, answer.json()["code"]) == (403, "PASSWORD_INITIAL")

    def test_leaves_the_way_out(self, held):
        assert held.post("/logout/").url == "/"

    def test_is_not_the_new_one(self, held):
        data = {"old_password": PASSWORD, "new_password": PASSWORD, "again": PASSWORD}
        answer = held.post("/password/", data)

        assert answer.status_code == 422
        assert held.get("/me/").url == "/password/"

    def test_once_changed_everything_opens(self, held):
        held.post("/password/", {"old_password": PASSWORD, "new_password": NEW, "again": NEW})

        assert held.get("/notifications/").status_code == 200

    def test_of_ones_own_holds_nobody(self, owner_client):
        assert owner_client.get("/notifications/").status_code == 200


class TestAgedPassword:
    """Staff whose password is older than ``PASSWORD_MAX_AGE_DAYS``."""

    @pytest.fixture(autouse=True)
    def _days(self, settings):
        settings.PASSWORD_MAX_AGE_DAYS = 90

    def browser_of(self, user, now, days, seconds=0):
        """Return a browser of somebody who chose the password so long ago; seconds are those beyond."""
        user.password_since = now - timedelta(days=days, seconds=seconds)
        user.save()
        browser = Client()
        browser.force_login(user)
        return browser

    @pytest.fixture(autouse=True)
    def _clock(self, now):
        with time_machine.travel(now, tick=False):
            yield

    @pytest.mark.parametrize("member", ["officer", "district_lead", "operator", "auditor"])
    def test_leads_to_its_change(self, cast, now, member):
        browser = self.browser_of(getattr(cast, member), now, 90, seconds=1)
        answer = browser.get("/notifications/")

        assert (answer.status_code, answer.url) == (302, "/password/")
        assert "已超过规定的使用期限" in browser.get("/password/").content.decode()
        assert browser.get("/api/v1/me/").json()["code"] == "PASSWORD_AGED"

    def test_once_changed_everything_opens(self, cast, now):
        browser = self.browser_of(cast.officer, now, 91)
        browser.post("/password/", {"old_password": PASSWORD, "new_password": NEW, "again": NEW})

        assert browser.get("/notifications/").status_code == 200

    def test_may_be_as_old_as_the_setting_says(self, cast, now):
        assert self.browser_of(cast.officer, now, 90).get("/notifications/").status_code == 200

    def test_of_enterprises_may_be_older(self, cast, now):
        assert self.browser_of(cast.owner, now, 900).get("/notifications/").status_code == 200

    def test_counts_from_the_account_when_nothing_else_is_known(self, cast, now):
        browser = self.browser_of(cast.officer, now, 0)
        for days, status in ((89, 200), (91, 302)):
            joined = now - timedelta(days=days)
            User.objects.update(password_since=None, date_joined=joined)
            assert browser.get("/notifications/").status_code == status

    def test_holds_nobody_where_it_is_off(self, cast, now, settings):
        settings.PASSWORD_MAX_AGE_DAYS = 0

        assert self.browser_of(cast.officer, now, 900).get("/notifications/").status_code == 200

    def test_is_new_with_the_account(self, db, now):
        user = user_create(
            username="newcomer", password=PASSWORD, display_name="新人", actor=None, at=now
        )

        assert user.password_since == now


class TestPhone:
    def test_is_kept_sealed_and_recorded_without_the_number(self, owner_client, cast):
        answer = owner_client.post("/phone/", {"phone": " 022-2345 1234 "})

        cast.owner.refresh_from_db()
        event = AuditEvent.objects.get(action="marketplace.user.phone_change")
        assert (answer.status_code, cast.owner.phone) == (302, "022-2345 1234")
        assert "2345" not in str(event.payload)

    def test_is_shown_to_be_changed(self, owner_client):
        owner_client.post("/phone/", {"phone": "022-23451234"})

        field = soup(owner_client.get("/phone/")).select_one("input[name=phone]")
        assert field["value"] == "022-23451234"

    def test_is_said_to_be_saved_in_the_reader_s_language(self, owner_client):
        owner_client.cookies["language"] = "en"
        owner_client.post("/phone/", {"phone": "022-23451234"})

        said = soup(owner_client.get("/password/")).select_one(".mk-messages")
        assert said.get_text(strip=True) == "Office phone saved."

    def test_may_be_taken_away(self, owner_client, cast):
        owner_client.post("/phone/", {"phone": "022-23451234"})
        owner_client.post("/phone/", {"phone": ""})

        cast.owner.refresh_from_db()
        assert cast.owner.phone == ""

    def test_that_nobody_answers_is_refused(self, owner_client, cast):
        answer = owner_client.post("/phone/", {"phone": "问前台"})

        cast.owner.refresh_from_db()
        assert (answer.status_code, cast.owner.phone) == (422, "")
        assert "请填写能接通的手机或座机号码。" in soup(answer).get_text()


class TestPassword:
    def change(self, browser, old=PASSWORD, new=NEW, again=NEW):
        data = {"old_password": old, "new_password": new, "again": again}
        return browser.post("/password/", data)

    def test_is_changed_and_recorded(self, owner_client, cast):
        answer = self.change(owner_client)

        cast.owner.refresh_from_db()
        assert answer.status_code == 302
        assert cast.owner.check_password(NEW)
        assert AuditEvent.objects.filter(action="marketplace.user.password_change").count() == 1

    def test_keeps_this_session_and_ends_the_others(self, owner_client, cast):
        elsewhere = Client()
        elsewhere.force_login(cast.owner)

        self.change(owner_client)

        assert owner_client.get("/notifications/").status_code == 200
        assert elsewhere.get("/notifications/").status_code == 302

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"old": "wrong"}, "PASSWORD_WRONG"),
            ({"new": "short", "again": "short"}, "PASSWORD_WEAK"),
            ({"again": "different-pass-2026"}, "PASSWORD_DIFFERS"),
        ],
    )
    def test_refusal_stands_at_its_field(self, owner_client, given, code):
        answer = self.change(owner_client, **given)

        assert answer.status_code == 422
        assert code in soup(answer).select_one(".mk-field-error").get_text()


class TestChoose:
    def test_comes_first_for_people_of_several_organisations(self, owner_client, two_seats):
        assert owner_client.get("/me/").url == "/choose/"

    def test_choice_is_kept(self, owner_client, two_seats):
        owner_client.post("/choose/", {"organisation": str(two_seats.public_id)})

        page = soup(owner_client.get("/notifications/"))
        assert two_seats.name in page.select_one(".mk-menu-note").get_text()

    def test_strange_organisation_is_404(self, owner_client, cast):
        strange = Membership.objects.get(user=cast.officer).organisation

        answer = owner_client.post("/choose/", {"organisation": str(strange.public_id)})

        assert answer.status_code == 404

    def test_choice_ends_with_the_membership(self, owner_client, cast, two_seats, now):
        owner_client.post("/choose/", {"organisation": str(two_seats.public_id)})

        Membership.objects.filter(user=cast.owner, organisation=two_seats).update(ended_at=now)

        page = soup(owner_client.get("/notifications/"))
        assert two_seats.name not in page.select_one(".mk-menu-note").get_text()


class TestLanding:
    def test_is_a_page_of_the_role_or_this_one(self, owner_client):
        assert owner_client.get("/me/").status_code in {200, 302}

    def test_tells_somebody_without_organisation_what_to_do(self, client, cast):
        client.force_login(cast.stranger)

        assert "不属于任何组织" in client.get("/me/").content.decode()


class TestNotices:
    def test_are_listed_latest_first_with_a_count(self, owner_client, cast, now):
        notify(users=[cast.owner], kind="test.first", title="第一条", at=now)
        notify(users=[cast.owner], kind="test.second", title="第二条", at=now)

        page = soup(owner_client.get("/notifications/"))

        titles = [tag.get_text() for tag in page.select(".mk-notice strong")]
        assert titles == ["第二条", "第一条"]
        assert "2 条未读" in page.header.get_text()

    def test_of_others_are_not_shown(self, owner_client, cast, now):
        notify(users=[cast.rival_owner], kind="test", title="别人的", at=now)

        assert "别人的" not in owner_client.get("/notifications/").content.decode()

    def test_reading_leads_where_it_points(self, owner_client, cast, now):
        notify(users=[cast.owner], kind="test", title="看", at=now, path="/glossary/")
        notice = Notification.objects.get()

        answer = owner_client.post(f"/notifications/{notice.public_id}/read/")

        notice.refresh_from_db()
        assert answer.url == "/glossary/"
        assert notice.read_at is not None

    def test_reading_leads_to_no_other_site(self, owner_client, cast, now):
        notify(users=[cast.owner], kind="test", title="看", at=now, path="//evil.example/")
        notice = Notification.objects.get()

        answer = owner_client.post(f"/notifications/{notice.public_id}/read/")

        assert answer.url == "/notifications/"

    def test_of_others_cannot_be_read(self, owner_client, cast, now):
        notify(users=[cast.rival_owner], kind="test", title="别人的", at=now)
        notice = Notification.objects.get()

        answer = owner_client.post(f"/notifications/{notice.public_id}/read/")

        notice.refresh_from_db()
        assert answer.status_code == 404
        assert notice.read_at is None

    def test_unread_ones_can_be_listed_alone(self, owner_client, cast, now):
        notify(users=[cast.owner], kind="test", title="看过的", at=now)
        Notification.objects.update(read_at=now)
        notify(users=[cast.owner], kind="test", title="没看过的", at=now)

        page = soup(owner_client.get("/notifications/?unread=1"))

        assert [tag.get_text() for tag in page.select(".mk-notice strong")] == ["没看过的"]
        assert page.select_one("main a[aria-current=page]")["href"] == "/notifications/?unread=1"

    def test_all_of_ones_own_are_read_at_once(self, owner_client, cast, now):
        notify(users=[cast.owner, cast.rival_owner], kind="test", title="看", at=now)
        assert "全部标为已读" in owner_client.get("/notifications/").content.decode()

        answer = owner_client.post("/notifications/read/")

        assert answer.url == "/notifications/"
        assert Notification.objects.get(user=cast.owner).read_at is not None
        assert Notification.objects.get(user=cast.rival_owner).read_at is None
        page = soup(owner_client.get("/notifications/"))
        assert not page.select('form[action="/notifications/read/"]')
        assert "没有未读消息" in owner_client.get("/notifications/?unread=1").content.decode()

    def test_page_costs_the_same_however_many_there_are(
        self, owner_client, cast, now, django_assert_max_num_queries
    ):
        for at in range(30):
            notify(users=[cast.owner], kind="test", title=f"第 {at} 条", at=now)

        with django_assert_max_num_queries(6):
            owner_client.get("/notifications/?page=2")
