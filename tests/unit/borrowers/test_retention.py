from __future__ import annotations

from datetime import date

import pytest

from borrowers.domain.catalogue import load_catalogue
from borrowers.domain.retention import is_past_retention, kept_since, last_day

TODAY = date(2026, 11, 26)
PAYMENT = load_catalogue().item("TAX_PAYMENT")
LISTED = load_catalogue().item("ABNORMAL_LIST")


def test_counts_whole_months_of_the_item():
    assert kept_since(PAYMENT, TODAY) == date(2021, 11, 1)


@pytest.mark.parametrize(
    ("event", "past"), [("2021-10-31", True), ("2021-11-01", False), ("2026-01-01", False)]
)
def test_old_payment_may_be_kept_no_longer(event, past):
    payload = {"paid_date": event, "period_from": "2021-01-01", "period_to": "2021-01-31"}

    assert is_past_retention(PAYMENT, payload, date.fromisoformat(event), TODAY) is past


def test_any_later_day_in_it_keeps_it():
    payload = {"paid_date": "2001-01-01", "period_to": "2026-01-31"}

    assert last_day(PAYMENT, payload, date(2001, 1, 1)) == date(2026, 1, 31)


def test_listing_that_was_never_lifted_stands_whatever_its_age():
    payload = {"listed_date": "1999-01-01"}

    assert last_day(LISTED, payload, date(1999, 1, 1)) is None
    assert not is_past_retention(LISTED, payload, date(1999, 1, 1), TODAY)


def test_listing_that_was_lifted_long_ago_goes():
    payload = {"listed_date": "1999-01-01", "removed_date": "2001-01-01"}

    assert is_past_retention(LISTED, payload, date(1999, 1, 1), TODAY)
