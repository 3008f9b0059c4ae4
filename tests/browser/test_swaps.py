"""Pieces of a page that are replaced while somebody looks at it: nothing around them moves."""

from __future__ import annotations

import pytest

from tests.browser.person import MANNERS, Person
from tests.cast import make_cast
from tests.factories.matching import make_application, make_demand, make_offer
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


def test_filter_of_the_shelf_stands_in_the_address_and_the_way_back_is_open(
    engine, site, cast, manner
):
    make_offer(cast, "P0")
    visitor = Person(engine, site, manner).goes("lenders:product-list").sees("共 1 个产品")

    visitor.types(amount_yuan="99999").presses("筛选").sees("没有符合条件的产品")
    address = visitor.is_at("amount_yuan=99999").address
    visitor.types(amount_yuan="50").presses("筛选").sees("共 1 个产品").is_at("amount_yuan=50&")
    visitor.steps_back().sees("没有符合条件的产品")

    assert address == visitor.address
    assert visitor.holds("amount_yuan") == "99999"

    visitor.steps_back().sees("共 1 个产品")

    assert (visitor.address, visitor.holds("amount_yuan")) == ("/products/", "")

    visitor.steps_forward().sees("没有符合条件的产品")
    friend = Person(engine, site, manner).opens(address).sees("没有符合条件的产品")

    assert visitor.kept == friend.kept == 0
    visitor.is_content()
    friend.is_content()


def test_who_steps_back_before_the_scripts_have_come_sees_the_page_of_the_address(
    engine, site, cast, manner
):
    make_offer(cast, "P0")
    visitor = Person(engine, site, manner).goes("lenders:product-list").sees("共 1 个产品")
    visitor.types(amount_yuan="99999").presses("筛选").sees("没有符合条件的产品")
    visitor.types(amount_yuan="50").presses("筛选").sees("共 1 个产品").is_at("amount_yuan=50&")

    visitor.hurries_back().sees("共 1 个产品")

    assert (visitor.address, visitor.holds("amount_yuan")) == ("/products/", "")
    visitor.is_content()


def test_filter_asks_for_what_its_fields_say_and_nothing_left_from_before(
    engine, site, cast, manner
):
    make_offer(cast, "P0")
    visitor = Person(engine, site, manner).opens("/products/?amount_yuan=99999&page=2")

    visitor.types(amount_yuan="").presses("筛选").sees("共 1 个产品").is_at("?amount_yuan=&")

    assert "page" not in visitor.address
    visitor.is_content()


def test_other_language_keeps_the_filter(engine, site, cast):
    make_offer(cast, "P0")
    visitor = Person(engine, site, MANNERS[0]).goes("lenders:product-list")
    visitor.types(amount_yuan="99999").presses("筛选").is_at("amount_yuan=99999")

    visitor.presses("English").sees("Product market")

    assert "amount_yuan=99999" in visitor.address
    assert visitor.holds("amount_yuan") == "99999"


def test_filter_of_the_queue_stands_in_the_address_and_the_way_back_is_open(
    engine, site, cast, manner
):
    make_application(cast, "DUE_DILIGENCE")
    officer = Person(engine, site, manner, cast.officer).goes("matching:queue-list")
    officer.sees("示例").types(state="IN_CONTACT").presses("筛选").sees("没有")

    officer.is_at("state=IN_CONTACT")
    officer.steps_back().sees("示例")

    assert officer.kept == 0
    officer.is_content()


def test_count_of_the_studio_comes_while_the_criteria_are_chosen(engine, site, cast, manner):
    make_demand(cast)
    clerk = Person(engine, site, manner, cast.district_clerk).goes("matching:whitelist-generate")
    before = places(clerk, "h1", "input[name=sectors][value=C]", "input[name=amount_max_yuan]")

    clerk.ticks("sectors", "C").sees("将入选")

    assert moved(before, clerk) == {}
    clerk.is_content()
