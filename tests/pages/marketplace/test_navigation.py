"""Every role finds every page of its own: each link opens, and nothing is further than two clicks away."""

from __future__ import annotations

import uuid
from contextlib import suppress

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from marketplace.domain.roles import Role
from marketplace.web.navigation import NAVIGATION, NO_ROLE, PUBLIC, links_for, places
from tests.access import standing_world
from tests.architecture.source import APPS, ROOT
from tests.architecture.test_access_matrix import ROWS

MEMBERS = {
    Role.OWNER: "owner",
    Role.AGENT: "agent",
    Role.OFFICER: "officer",
    Role.APPROVER: "approver",
    Role.DISTRICT_CLERK: "district_clerk",
    Role.DISTRICT_LEAD: "district_lead",
    Role.OPERATOR: "operator",
    Role.AUDITOR: "auditor",
}
CLICKING = [*MEMBERS.values(), "stranger"]
TABLE = {link for links in [*NAVIGATION.values(), PUBLIC, NO_ROLE] for link in links}
EACH_LINK = [(role, link) for role, links in NAVIGATION.items() for link in links]
STEPS = {
    "marketplace:login": "for somebody who is not logged in",
    "marketplace:password-forgotten": "for somebody who is not logged in",
    "marketplace:password-recover": "a step after the form of the first page",
    "marketplace:recovery-open": "only for somebody with a confirmed address",
    "marketplace:choose": "only for somebody who belongs to several organisations",
    "marketplace:session": "what a page's script asks",
    "marketplace:styleguide": "for developers",
    "marketplace:second-factor-code": "a step after the password",
    "marketplace:second-factor-recovery": "a step after the password",
    "marketplace:second-factor-enrol": "a step after the form of the first page",
    "marketplace:second-factor-renew": "only for somebody with an authenticator",
    "marketplace:second-factor-replace": "only for somebody with an authenticator",
    "marketplace:second-factor-remove": "only for somebody with an authenticator",
    "borrowers:account-confirm": "a step after the form of the first page",
    "borrowers:account-apply": "a step after the form of the first page",
    "borrowers:account-again": "only for somebody whose registration was refused",
    "marketplace:phone-change": "only in the menu of people of lenders, districts and the city",
    "lenders:product-compare": "the answer to a form on the shelf",
    "matching:queue-batch": "the answer to a form on the queue",
    "matching:outcome-template": "a file beside the form that takes it",
    "matching:recommendation-feedback-template": "a file beside the form that takes it",
}
"""Pages that are no place to go to."""

OUTSIDE = {
    "lenders:product-detail": "the public shelf, which has no link of the staff",
    "exports:verify-code": "for everybody who holds a document",
    "exports:portrait-pdf": "a file",
    "exports:recommendation-sheet": "a file",
}
"""Of pages and files of one thing, those that lie under no link of somebody who may open them."""


def is_page(name):
    return ":" in name and not name.startswith("api:")


def own_pages(member):
    """The pages without arguments that open for a member, by the tables of ``tests/access``."""
    found = set()
    for row in ROWS:
        if row.method == "GET" and is_page(row.name) and member in row.allowed:
            try:
                reverse(row.name)
            except NoReverseMatch:
                continue
            found.add(row.name)
    return found - set(STEPS)


TWINS = {"borrowers:repair-list", "borrowers:repair-district-list"}
"""One page under the city's and the district's address: whoever finds one has found both."""


class Visitor:
    """Somebody who clicks: remembers which pages were linked from those that were opened."""

    def __init__(self, user=None):
        self.browser = Client()
        if user is not None:
            self.browser.force_login(user)
        self.opened = {}
        self.moved = set()
        """Addresses that led on to another one."""

    def open(self, path):
        if path not in self.opened:
            answer = self.browser.get(path, follow=True)
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
            if answer.redirect_chain:
                self.moved.add(path)
            kind = answer.headers["Content-Type"]
            text = answer.content if kind.startswith("text/html") else b""
            self.opened[path] = BeautifulSoup(text, "html.parser")
        return self.opened[path]

    def links_on(self, path):
        tags = self.open(path).select("a[href], [hx-get]")
        found = {str(tag.get("href") or tag.get("hx-get")).split("?")[0] for tag in tags}
        return {link for link in found if link.startswith("/") and not link.startswith("/api/")}

    def within_two_clicks(self, start):
        near = self.links_on(start)
        menu = {link for link in near if resolve(link).kwargs == {}}
        return near | {start} | {link for place in menu for link in self.links_on(place)}


@pytest.fixture(scope="module")
def visitor(django_db_setup, django_db_blocker):
    """Give a member's visitor, who opens each page once for all tests; nobody changes anything here."""
    with standing_world(django_db_blocker) as world:
        visitors = {member: Visitor(getattr(world.cast, member)) for member in CLICKING}
        yield (visitors | {None: Visitor()}).__getitem__


class TestTable:
    @pytest.mark.parametrize("link", sorted(TABLE, key=str), ids=str)
    def test_every_name_leads_to_a_page(self, link):
        assert reverse(link.name).startswith("/")

    @pytest.mark.parametrize("role", Role)
    def test_no_role_is_shown_two_links_to_one_page_or_of_one_name(self, role):
        links = links_for([role], is_logged_in=True)

        assert len({link.name for link in links}) == len(links)
        assert len({link.label for link in links}) == len(links)

    @pytest.mark.parametrize("role", Role)
    def test_every_page_of_one_thing_lies_under_a_link_of_its_reader(self, role):
        links = links_for([role], is_logged_in=True)
        lost = set()
        for row in ROWS:
            if row.method == "GET" and is_page(row.name) and MEMBERS[role] in row.allowed:
                path = ""
                with suppress(NoReverseMatch):
                    path = reverse(row.name, args=[uuid.uuid4()])
                if path and not any(place.is_current for place in places(links, path)):
                    lost.add(row.name)

        assert lost <= set(OUTSIDE)


@pytest.mark.django_db
class TestLinks:
    @pytest.mark.parametrize(
        ("role", "link"), EACH_LINK, ids=[f"{role}-{link.name}" for role, link in EACH_LINK]
    )
    def test_open_for_the_role_under_their_own_address(self, visitor, role, link):
        someone, path = visitor(MEMBERS[role]), reverse(link.name)

        assert someone.open(path)
        assert path not in someone.moved

    @pytest.mark.parametrize("link", PUBLIC, ids=lambda link: link.name)
    def test_of_the_public_open_without_account(self, visitor, link):
        someone, path = visitor(None), reverse(link.name)

        assert someone.open(path)
        assert path not in someone.moved

    @pytest.mark.parametrize("link", NO_ROLE, ids=lambda link: link.name)
    def test_of_somebody_without_organisation_open(self, visitor, link):
        assert visitor("stranger").open(reverse(link.name))

    @pytest.mark.parametrize("role", Role)
    def test_mark_the_page_they_lead_to(self, visitor, role):
        someone = visitor(MEMBERS[role])

        for link in NAVIGATION[role]:
            page = someone.open(reverse(link.name))
            current = {tag.get_text() for tag in page.select("nav a[aria-current=page]")}
            assert current == {link.label}, link.name

    @pytest.mark.parametrize("role", Role)
    def test_stand_on_a_page_whose_trail_begins_once_at_home(self, visitor, role):
        someone = visitor(MEMBERS[role])

        for link in NAVIGATION[role]:
            trail = someone.open(reverse(link.name)).select(".mk-breadcrumb li")
            assert [step.get_text(strip=True) for step in trail].count("首页") == 1, link.name


@pytest.mark.django_db
class TestReach:
    @pytest.mark.parametrize("role", Role)
    def test_every_page_of_a_role_is_within_two_clicks(self, visitor, role):
        near = visitor(MEMBERS[role]).within_two_clicks(reverse("marketplace:landing"))

        far = {name for name in own_pages(MEMBERS[role]) if reverse(name) not in near}
        found_a_twin = any(reverse(name) in near for name in TWINS)
        assert far - (TWINS if found_a_twin else set()) == set()

    def test_every_public_page_is_within_two_clicks(self, visitor):
        near = visitor(None).within_two_clicks("/")

        wanted = {row.name for row in ROWS if row.anonymous == "public" and row.method == "GET"}
        far = {
            name
            for name in wanted & own_pages("stranger")
            if is_page(name) and reverse(name) not in near
        }
        assert far == set()

    @pytest.mark.parametrize("member", [*MEMBERS.values(), None])
    def test_no_link_within_two_clicks_is_closed_to_its_reader(self, visitor, member):
        someone = visitor(member)

        for start in ("/", reverse("marketplace:landing")):
            for link in someone.within_two_clicks(start):
                someone.open(link)

    def test_every_page_and_file_is_linked_from_somewhere(self):
        written = "\n".join(
            path.read_text(encoding="utf-8")
            for app in APPS
            for path in (ROOT / app).rglob("*")
            if path.suffix in {".html", ".py"} and not path.name.startswith("urls")
        )
        names = {row.name for row in ROWS if row.method == "GET" and is_page(row.name)}

        orphans = {name for name in names - set(STEPS) if f'{name}"' not in written}
        orphans = {name for name in orphans if f"{name}'" not in written}
        assert orphans == set()
