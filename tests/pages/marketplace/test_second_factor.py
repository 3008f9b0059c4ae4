"""The second step of signing in, and the pages of one's own authenticator."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
import time_machine
from axes.models import AccessAttempt
from bs4 import BeautifulSoup
from django.test import Client

from marketplace.domain.second_factor import RECOVERY_CODES
from marketplace.models import Authenticator
from tests.cast import PASSWORD
from tests.factories.second_factor import code_at, make_authenticator

STEP = timedelta(seconds=30)
PAGE, CODE, RECOVERY = "/second-factor/", "/second-factor/code/", "/second-factor/recovery/"
ENROL = "/second-factor/enrol/"


def soup(answer):
    return BeautifulSoup(answer.content, "html.parser")


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as moved:
        yield moved


@pytest.fixture
def officer(cast, now):
    make_authenticator(cast.officer, at=now)
    return cast.officer


@pytest.fixture
def halfway(officer):
    """A browser in which the officer has given the password."""
    browser = Client()
    browser.post("/login/", {"username": "officer", "password": PASSWORD})
    return browser


@pytest.fixture
def inside(halfway, now, clock):
    """A browser in which the officer has given the code as well, half a minute ago."""
    halfway.post(CODE, {"code": code_at(now)})
    clock.shift(STEP)
    return halfway


def proof(at, **other):
    return {"password": PASSWORD, "code": code_at(at), **other}


def enrolled(browser, at):
    """Set an authenticator up by the pages; return the last answer, and the key."""
    browser.post(PAGE, {"password": PASSWORD})
    key = soup(browser.get(ENROL)).select_one(".mk-secret").get_text().replace(" ", "")
    return browser.post(ENROL, {"code": code_at(at, key)}), key


class TestBetweenPasswordAndCode:
    @pytest.mark.parametrize(
        "address", ["/", "/me/", "/desk/", "/password/", "/login/", PAGE, ENROL, "/products/"]
    )
    def test_every_page_leads_to_the_code(self, halfway, address):
        answer = halfway.get(address)

        assert (answer.status_code, answer.url.split("?")[0]) == (302, CODE)

    def test_nothing_is_written(self, halfway):
        answer = halfway.post("/phone/", {"phone": "022-23451234"})

        assert (answer.status_code, answer.url) == (302, CODE)

    def test_the_interface_is_closed(self, halfway):
        answer = halfway.get("/api/v1/me/")

        assert (answer.status_code, answer.json()["code"]) == (403, "SECOND_FACTOR_CODE")

    def test_a_script_is_told_where_to_go(self, halfway):
        answer = halfway.get("/desk/", headers={"HX-Request": "true"})

        assert answer.headers["HX-Redirect"].startswith(CODE)

    def test_the_page_says_nothing_of_the_person(self, halfway, officer):
        page = soup(halfway.get(CODE))

        assert officer.display_name not in page.select_one("header").get_text()
        assert not page.select("header nav.mk-nav")

    def test_the_way_out_is_open(self, halfway):
        assert halfway.post("/logout/").url == "/"

    def test_is_so_whatever_the_setting(self, halfway, settings):
        settings.MFA_REQUIRED = False

        assert halfway.get("/desk/").url.startswith(CODE)

    def test_the_field_is_one_that_telephones_fill_in(self, halfway):
        field = soup(halfway.get(CODE)).select_one("input[name=code]")

        assert (field["autocomplete"], field["inputmode"]) == ("one-time-code", "numeric")


class TestCode:
    def test_completes_the_sign_in_with_a_new_session(self, halfway, now):
        before = halfway.session.session_key
        answer = halfway.post(CODE, {"code": code_at(now)})

        assert (answer.status_code, answer.url) == (302, "/me/")
        assert halfway.session.session_key != before
        assert halfway.get("/notifications/").status_code == 200
        assert halfway.get("/api/v1/me/").status_code == 200

    def test_leads_to_what_was_asked_for(self, halfway, now):
        wanted = halfway.get("/notifications/?page=1").url
        field = soup(halfway.get(wanted)).select_one("main input[name=next]")

        assert halfway.post(CODE, {"code": code_at(now), "next": field["value"]}).url == (
            "/notifications/?page=1"
        )

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "desk"])
    def test_leads_to_no_other_site(self, halfway, now, elsewhere):
        assert halfway.post(CODE, {"code": code_at(now), "next": elsewhere}).url == "/me/"

    def test_is_asked_of_each_session(self, inside, officer):
        elsewhere = Client()
        elsewhere.force_login(officer)

        assert elsewhere.get("/notifications/").url.startswith(CODE)
        assert inside.get("/notifications/").status_code == 200

    def test_is_not_asked_twice(self, inside):
        assert inside.get(CODE).url == "/me/"
        assert inside.post(CODE, {"code": "000000"}).url == "/me/"

    def test_that_was_used_signs_nobody_else_in(self, inside, officer, now):
        elsewhere = Client()
        elsewhere.force_login(officer)

        assert elsewhere.post(CODE, {"code": code_at(now)}).status_code == 422
        assert elsewhere.get("/notifications/").status_code == 302

    def test_says_the_same_whatever_was_wrong(self, halfway, officer, now, clock):
        wrong = soup(halfway.post(CODE, {"code": "000000"})).select_one(".mk-error-summary")
        too_soon = soup(halfway.post(CODE, {"code": code_at(now)})).select_one(".mk-error-summary")

        assert "CODE_WRONG" in soup(halfway.post(CODE, {"code": "1"})).get_text()
        assert wrong.get_text() == too_soon.get_text()

    def test_of_a_visitor_is_not_taken(self, client, db):
        assert client.get(CODE).url.startswith("/login/")


GARBAGE = [
    "",
    " ",
    "1" * 33,
    "1" * 5000,
    "12345\x006",
    "<b>",
    "\u202e123456",
    "²²²²²²",
    "😀😀😀😀😀😀",
]


class TestBadInput:
    """What no telephone shows is refused in words wherever a code is taken, and counts as a wrong one at most."""

    @pytest.mark.parametrize("garbage", GARBAGE)
    @pytest.mark.parametrize("address", [CODE, RECOVERY])
    def test_between_password_and_code(self, halfway, address, garbage):
        answer = halfway.post(address, {"code": garbage})

        assert answer.status_code == 422
        assert soup(answer).select_one(".mk-field-error")

    @pytest.mark.parametrize("garbage", GARBAGE)
    @pytest.mark.parametrize("deed", ["renew", "replace", "remove"])
    def test_inside(self, inside, deed, garbage):
        answer = inside.post(f"{PAGE}{deed}/", {"password": PASSWORD, "code": garbage})

        assert answer.status_code == 422
        assert soup(answer).select_one(".mk-field-error")

    @pytest.mark.parametrize("garbage", GARBAGE)
    def test_at_the_enrolment(self, client, cast, garbage):
        client.force_login(cast.owner)
        client.post(PAGE, {"password": PASSWORD})
        answer = client.post(ENROL, {"code": garbage})

        assert answer.status_code == 422
        assert soup(answer).select_one(".mk-field-error")

    @pytest.mark.parametrize("garbage", ["", "\x00", "x" * 100_000])
    def test_for_a_password(self, client, cast, garbage):
        client.force_login(cast.owner)

        assert client.post(PAGE, {"password": garbage}).status_code == 422


class TestPause:
    def test_follows_five_wrong_codes_and_is_the_login_s(self, halfway, officer, now, clock):
        for _ in range(4):
            assert halfway.post(CODE, {"code": "000000"}).status_code == 422
        fifth = halfway.post(CODE, {"code": "000000"})
        clock.shift(timedelta(minutes=2))
        sixth = halfway.post(CODE, {"code": code_at(now + timedelta(minutes=2))})
        again = Client().post("/login/", {"username": "officer", "password": PASSWORD})

        assert [answer.status_code for answer in (fifth, sixth, again)] == [429, 429, 429]
        assert "LOGIN_LOCKED" in sixth.content.decode()

    def test_counts_passwords_and_codes_together(self, cast, officer):
        browser = Client()
        for _ in range(3):
            browser.post("/login/", {"username": "officer", "password": "wrong"})
        browser.post("/login/", {"username": "officer", "password": PASSWORD})
        browser.post(CODE, {"code": "000000"})

        assert browser.post(CODE, {"code": "000000"}).status_code == 429

    def test_holds_neither_other_people_nor_other_addresses(self, halfway, cast):
        for _ in range(5):
            halfway.post(CODE, {"code": "000000"})
        other = Client().post("/login/", {"username": "owner", "password": PASSWORD})
        data = {"username": "officer", "password": PASSWORD}
        elsewhere = Client(REMOTE_ADDR="10.0.0.9").post("/login/", data)

        assert (other.url, elsewhere.url) == ("/me/", "/me/")

    def test_ends_by_itself(self, halfway, now, clock):
        for _ in range(5):
            halfway.post(CODE, {"code": "000000"})
        clock.shift(timedelta(minutes=16))
        Client().post("/login/", {"username": "officer", "password": PASSWORD})
        fresh = Client()
        fresh.post("/login/", {"username": "officer", "password": PASSWORD})

        later = now + timedelta(minutes=16)
        assert fresh.post(CODE, {"code": code_at(later)}).status_code == 302

    def test_keeps_no_code_that_was_typed(self, halfway):
        halfway.post(CODE, {"code": "ABCD-EFGH-IJKL-MNOP"})

        assert "ABCD" not in AccessAttempt.objects.get().post_data

    def test_counts_wrong_codes_given_inside(self, inside):
        for _ in range(4):
            wrong = {"password": "wrong", "code": "0"}
            assert inside.post("/second-factor/renew/", wrong).status_code == 422

        assert inside.post("/second-factor/renew/", wrong).status_code == 429


class TestRecovery:
    @pytest.fixture
    def codes(self, cast, now):
        browser = Client()
        browser.force_login(cast.officer)
        answer, _ = enrolled(browser, now)
        return [item.get_text() for item in soup(answer).select("ul.mk-code li")]

    @pytest.fixture
    def halfway(self, codes):
        browser = Client()
        browser.post("/login/", {"username": "officer", "password": PASSWORD})
        return browser

    def test_is_one_link_away(self, halfway):
        links = soup(halfway.get(CODE)).select(f'a[href^="{RECOVERY}"]')

        assert len(links) == 1
        assert halfway.get(RECOVERY).status_code == 200

    def test_code_signs_in_once(self, halfway, codes):
        assert halfway.post(RECOVERY, {"code": codes[0]}).url == "/me/"
        assert halfway.get("/notifications/").status_code == 200

        elsewhere = Client()
        elsewhere.post("/login/", {"username": "officer", "password": PASSWORD})
        assert elsewhere.post(RECOVERY, {"code": codes[0]}).status_code == 422

    def test_wrong_code_is_refused(self, halfway):
        assert halfway.post(RECOVERY, {"code": "AAAA-AAAA-AAAA-AAAA"}).status_code == 422


class TestEnrolment:
    @pytest.fixture
    def owner_client(self, cast):
        browser = Client()
        browser.force_login(cast.owner)
        return browser

    def test_is_of_one_s_own_will_for_enterprises(self, owner_client, settings):
        settings.MFA_REQUIRED = True

        assert owner_client.get("/notifications/").status_code == 200
        assert "开始绑定" in owner_client.get(PAGE).content.decode()

    def test_asks_for_the_password_first(self, owner_client):
        assert owner_client.get(ENROL).url == PAGE
        assert owner_client.post(PAGE, {"password": "wrong"}).status_code == 422
        assert not Authenticator.objects.exists()

    def test_shows_key_and_square_code_and_keeps_them_on_reloading(self, owner_client):
        owner_client.post(PAGE, {"password": PASSWORD})
        pages = [soup(owner_client.get(ENROL)) for _ in range(2)]
        keys = {page.select_one(".mk-secret").get_text() for page in pages}

        (key,) = keys
        assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", key)
        assert pages[0].select_one("svg[role=img] path[d]")
        address = pages[0].select_one('a[href^="otpauth://totp/"]')["href"]
        assert f"secret={key.replace(' ', '')}" in address
        assert "信易贷撮合平台:owner" in unquote(address)

    def test_fits_the_policy_on_content(self, owner_client):
        owner_client.post(PAGE, {"password": PASSWORD})
        page = soup(owner_client.get(ENROL))

        assert not page.select("main script, main [style], main img, main style")

    def test_wrong_first_code_changes_nothing(self, owner_client):
        owner_client.post(PAGE, {"password": PASSWORD})

        assert owner_client.post(ENROL, {"code": "000000"}).status_code == 422
        assert not Authenticator.objects.filter(confirmed=True).exists()

    def test_shows_recovery_codes_once_also_as_a_file(self, owner_client, now):
        answer, _ = enrolled(owner_client, now)
        page = soup(answer)
        codes = [item.get_text() for item in page.select("ul.mk-code li")]
        file = unquote(page.select_one("a[download]")["href"])

        assert len(set(codes)) == RECOVERY_CODES
        assert all(code in file for code in codes)
        assert file.startswith("data:text/plain;charset=utf-8,")
        assert answer.headers["Cache-Control"] == "no-store"
        assert owner_client.get(ENROL).url == PAGE

    def test_keeps_this_session_and_ends_the_others(self, owner_client, cast, now):
        elsewhere = Client()
        elsewhere.force_login(cast.owner)

        enrolled(owner_client, now)

        assert owner_client.get("/notifications/").status_code == 200
        assert elsewhere.get("/notifications/").url.startswith("/login/")

    def test_is_asked_for_at_the_next_sign_in(self, owner_client, now):
        enrolled(owner_client, now)
        browser = Client()
        browser.post("/login/", {"username": "owner", "password": PASSWORD})

        assert browser.get("/me/").url.startswith(CODE)


class TestOwnPages:
    def test_say_since_when_and_how_many_codes_are_left(self, inside):
        assert "剩余恢复码" in inside.get(PAGE).content.decode()

    @pytest.mark.parametrize("deed", ["renew", "replace", "remove"])
    def test_ask_for_password_and_code(self, inside, now, deed):
        address = f"{PAGE}{deed}/"
        at = now + STEP

        assert inside.get(address).status_code == 200
        assert inside.post(address, proof(at, password="wrong")).status_code == 422
        assert inside.post(address, proof(now)).status_code == 422
        assert Authenticator.objects.filter(confirmed=True).count() == 1

    def test_renew_shows_new_codes(self, inside, now):
        answer = inside.post("/second-factor/renew/", proof(now + STEP))

        assert len(soup(answer).select("ul.mk-code li")) == RECOVERY_CODES

    def test_replace_leads_to_a_new_key(self, inside, now):
        assert inside.post("/second-factor/replace/", proof(now + STEP)).url == ENROL
        assert inside.get(ENROL).status_code == 200

    def test_remove_ends_it_and_the_other_sessions(self, inside, officer, now):
        elsewhere = Client()
        elsewhere.force_login(officer)

        assert inside.post("/second-factor/remove/", proof(now + STEP)).url == PAGE
        assert inside.get("/notifications/").status_code == 200
        assert elsewhere.get("/notifications/").url.startswith("/login/")

    def test_do_not_offer_to_remove_what_is_required(self, inside, settings):
        settings.MFA_REQUIRED = True

        assert "/second-factor/remove/" not in inside.get(PAGE).content.decode()
        assert inside.get("/second-factor/remove/").url == PAGE

    def test_change_of_the_password_keeps_the_step_of_this_session(self, inside, officer):
        elsewhere = Client()
        elsewhere.force_login(officer)
        new = "another-pass-2026-ok"
        inside.post("/password/", {"old_password": PASSWORD, "new_password": new, "again": new})

        assert inside.get("/notifications/").status_code == 200
        assert elsewhere.get(CODE).url.startswith("/login/")


class TestResetByAnOperator:
    REASON = {"reason": "PHONE_LOST", "checked": "CALL_BACK"}

    @pytest.fixture
    def operator(self, cast):
        browser = Client()
        browser.force_login(cast.operator)
        return browser

    def address(self, user):
        return f"/operator/users/{user.public_id}/second-factor/"

    def test_is_reached_from_the_list(self, operator, officer):
        page = soup(operator.get("/operator/users/"))

        assert page.select(f'a[href="{self.address(officer)}"]')

    def test_is_not_offered_to_the_auditor(self, cast, officer):
        browser = Client()
        browser.force_login(cast.auditor)

        assert self.address(officer) not in browser.get("/operator/users/").content.decode()

    def test_ends_the_person_s_sessions(self, operator, inside, officer):
        answer = operator.post(self.address(officer), self.REASON)

        assert answer.url == "/operator/users/"
        assert inside.get("/notifications/").url.startswith("/login/")

    def test_needs_a_reason_and_how_it_was_checked(self, operator, officer):
        assert operator.post(self.address(officer), {"reason": "PHONE_LOST"}).status_code == 422
        assert operator.post(self.address(officer), {"checked": "CALL_BACK"}).status_code == 422

    def test_is_not_one_s_own(self, operator, cast):
        page = operator.get(self.address(cast.operator))

        assert "不能重置自己的验证器" in page.content.decode()
        assert operator.post(self.address(cast.operator), self.REASON).status_code == 403

    def test_names_an_enterprise_s_people_no_further_than_needed(self, operator, cast, now):
        cast.owner.display_name = "许示子"
        cast.owner.save()
        make_authenticator(cast.owner, at=now)

        page = soup(operator.get(self.address(cast.owner))).select_one("main").get_text()
        assert "许**" in page
        assert "owner" not in page


class TestEnglish:
    @pytest.fixture
    def english(self, cast):
        browser = Client()
        browser.cookies["language"] = "en"
        browser.force_login(cast.owner)
        return browser

    def test_leaves_nothing_in_chinese_on_the_way_in_and_back(self, english, now):
        pages = [english.get(PAGE), english.post(PAGE, {"password": "wrong"})]
        done, _ = enrolled(english, now)
        pages += [done, english.get(PAGE), english.get("/second-factor/remove/")]
        english.post("/logout/")
        english.post("/login/", {"username": "owner", "password": PASSWORD})
        pages += [english.get(CODE), english.post(CODE, {"code": "0"}), english.get(RECOVERY)]

        for answer in pages:
            assert not re.findall("[一-鿿]+", soup(answer).select_one("main").get_text())
