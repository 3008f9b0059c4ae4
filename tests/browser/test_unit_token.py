"""A new token as the operator sees it, this once: nothing broken, and one click takes all of it."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from tests.browser import axe
from tests.browser.chromium import PHONE, WIDE, Faults
from tests.browser.person import log_in
from tests.cast import make_cast
from tests.factories.reference import enter_reference

SELECTED = "() => getSelection().toString().trim()"


@pytest.fixture
def cast(site, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        enter_reference(at=timezone.now())
        yield make_cast()
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_new_token_is_sound_and_taken_by_one_click(engine, site, cast, viewport):
    context = engine.new_context(viewport=viewport)
    engine.do(axe.bring, context)
    log_in(engine, context, cast.operator, site)

    def issue():
        page, faults = context.new_page(), Faults()
        faults.watch(page)
        page.goto(site + reverse("borrowers:unit-tokens", args=["TAX"]))
        page.fill("[name=name]", "征管系统")
        page.fill("[name=purpose]", "报送纳税记录")
        page.click("main form.mk-form button[type=submit]")
        text = page.inner_text(".mk-secret")
        page.click(".mk-secret")
        taken = page.evaluate(SELECTED)
        axe.unfold(page)
        found = axe.findings(page, axe.EVERYTHING) + axe.overflow(page) + faults.take()
        return text, taken, found

    text, taken, found = engine.do(issue)

    assert text.startswith("xyd_")
    assert taken == text
    assert found == []
