"""Pieces of a page that are replaced while somebody looks at it: nothing around them moves."""

from __future__ import annotations

import pytest

from tests.browser.person import MANNERS, Person
from tests.cast import make_cast
from tests.factories.matching import make_demand, make_offer
from tests.functional.conftest import days

__all__ = ["days"]

LEAST = 1.0
"""Pixels by which something has moved."""


@pytest.fixture
def cast(days, transactional_db):
    return make_cast()


@pytest.fixture(params=[MANNERS[0], MANNERS[1]], ids=lambda manner: manner.name)
def manner(request):
    return request.param


def moved(before: dict[str, float], person: Person) -> dict[str, float]:
    """Return the things that do not stand where they stood, with how far they moved."""
    return {
        selector: person.stands(selector) - place
        for selector, place in before.items()
        if abs(person.stands(selector) - place) >= LEAST
    }


def places(person: Person, *selectors: str) -> dict[str, float]:
    return {selector: person.stands(selector) for selector in selectors}


def test_figures_of_the_home_come_into_the_room_kept_for_them(engine, site, cast, manner):
    visitor = Person(engine, site, manner).goes("marketplace:home")

    visitor.sees("注册企业数").is_content()


def test_filter_of_the_shelf_replaces_the_list_and_nothing_else(engine, site, cast, manner):
    for number in range(3):
        make_offer(cast, f"P{number}")
    visitor = Person(engine, site, manner).goes("lenders:product-list").sees("共 3 个产品")
    before = places(visitor, "h1", "form.mk-filters", "#shelf")

    visitor.types(amount_yuan="99999").presses("筛选").sees("没有符合条件的产品")

    assert moved(before, visitor) == {}
    visitor.is_content()


def test_count_of_the_studio_comes_while_the_criteria_are_chosen(engine, site, cast, manner):
    make_demand(cast)
    clerk = Person(engine, site, manner, cast.district_clerk).goes("matching:whitelist-generate")
    before = places(clerk, "h1", "input[name=sectors][value=C]", "input[name=amount_max_yuan]")

    clerk.ticks("sectors", "C").sees("将入选")

    assert moved(before, clerk) == {}
    clerk.is_content()
