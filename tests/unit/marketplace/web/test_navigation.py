"""Links of roles."""

from __future__ import annotations

import pytest
from django.urls import NoReverseMatch, path

from marketplace.domain.roles import Role
from marketplace.web.navigation import NAVIGATION, Link, Place, grouped, links_for, places


def page(request):
    raise NotImplementedError


urlpatterns = [
    path("loans/", page, name="loan-list"),
    path("loans/new/", page, name="loan-create"),
    path("repayments/", page, name="loan-beside"),
    path("lent/<uuid:public_id>/edit/", page, name="loan-edit"),
]


class TestLinksFor:
    def test_every_role_has_links(self):
        assert set(NAVIGATION) == set(Role)

    def test_two_roles_share_a_link_once(self):
        links = links_for([Role.OFFICER, Role.APPROVER], is_logged_in=True)

        assert len(links) == len(set(links))

    def test_somebody_without_role_is_led_to_registration(self):
        names = [link.name for link in links_for([], is_logged_in=True)]

        assert "borrowers:account-register" in names


@pytest.mark.urls(__name__)
class TestPlaces:
    def test_a_name_that_leads_nowhere_is_a_fault(self):
        with pytest.raises(NoReverseMatch):
            places([Link("loan-list", "贷款"), Link("nowhere:thing-list", "没有")])

    def test_marks_the_longest_match_as_current(self):
        links = [Link("loan-list", "贷款"), Link("loan-create", "新建")]

        found = places(links, "/loans/new/")

        assert [place.label for place in found if place.is_current] == ["新建"]

    def test_marks_the_place_a_page_under_another_address_belongs_to(self):
        links = [Link("loan-list", "贷款", ("loan-beside",)), Link("loan-create", "新建")]

        found = places(links, "/repayments/7/")

        assert [place.label for place in found if place.is_current] == ["贷款"]

    def test_marks_the_place_a_page_of_one_thing_belongs_to(self):
        links = [Link("loan-list", "贷款", details=("loan-edit",)), Link("loan-create", "新建")]

        found = places(links, "/lent/7b0c/")

        assert [place.label for place in found if place.is_current] == ["贷款"]

    def test_a_page_of_one_thing_that_is_nowhere_is_a_fault(self):
        with pytest.raises(NoReverseMatch):
            places([Link("loan-list", "贷款", details=("loan-list",))])


class TestGrouped:
    def test_puts_together_what_stands_in_one_menu(self):
        found = [
            Place("督办", "/a/"),
            Place("企业", "/b/", group="企业与机构"),
            Place("统计", "/c/"),
            Place("机构", "/d/", is_current=True, group="企业与机构"),
        ]

        groups = grouped(found)

        assert [(group.label, len(group.places)) for group in groups] == [
            ("", 1),
            ("企业与机构", 2),
            ("", 1),
        ]
        assert [group.is_current for group in groups] == [False, True, False]

    def test_leaves_few_words_in_sight_for_every_role(self):
        for role, links in NAVIGATION.items():
            seen = {link.group or link.name for link in links}

            assert len(seen) <= 12, role
