"""What the statistics have to say after one loan, against the events themselves, to the fen and in every view."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.urls import reverse
from openpyxl import load_workbook

from borrowers.models import EnterpriseAccount
from marketplace.domain.money import display_wan
from matching.models import CreditLine, FinancingDemand, LoanApplication, OutcomeEvent
from tests.functional.browser import Page, Person
from tests.functional.funding import People
from tests.functional.steps import ASKED_YUAN, GRANTED_YUAN

DISTRICT, INSTITUTION = "河西区", "示例城市银行"
MONEY = ("APPROVED_AMOUNT", "FUNDED_AMOUNT_YEAR", "FUNDED_AMOUNT")
HELD_BACK = ("APPROVALS", "APPROVED_AMOUNT", "FUNDED_ENTERPRISES", "LOANS", "FUNDED_AMOUNT")
LOAN_OF_THIS_YEAR = {
    "NEEDS": "1",
    "NEEDS_AMOUNT": str(ASKED_YUAN),
    "ACCEPTANCE_RATE": "1.000000",
    "CONTACT_RATE": "1.000000",
    "APPROVED_ENTERPRISES": "1",
    "APPROVALS": "1",
    "APPROVED_AMOUNT": str(GRANTED_YUAN),
    "FUNDED_ENTERPRISES_YEAR": "1",
    "LOANS_YEAR": "1",
    "FUNDED_AMOUNT_YEAR": str(GRANTED_YUAN),
    "FUNDED_ENTERPRISES": "1",
    "LOANS": "1",
    "FUNDED_AMOUNT": str(GRANTED_YUAN),
    "FIRST_TIME_BORROWERS": "1",
}
LOAN_OF_LAST_YEAR = LOAN_OF_THIS_YEAR | {
    "FUNDED_ENTERPRISES_YEAR": "0",
    "LOANS_YEAR": "0",
    "FUNDED_AMOUNT_YEAR": "0.00",
}


class Told:
    """The statistics of one scope as the API tells them."""

    def __init__(self, person: Person, scope: str = "city") -> None:
        person.comes_back()
        body = json.loads(person.opens(reverse("api:statistics"), 200, {"scope": scope}).content)
        self.values = {line["code"]: line["value"] for line in body["figures"]}
        self.before = {line["code"]: line["year_before"] for line in body["figures"]}
        self.names = {line["code"]: line["name"] for line in body["figures"]}
        self.parts = {
            part["dimension"]: {
                row["name"]: dict(zip(part["codes"], row["values"], strict=True))
                for row in part["rows"]
            }
            for part in body["breakdowns"]
        }

    def says(self, **values: str | None) -> Told:
        assert {code: self.values[code] for code in values} == values
        return self


def count_a_loan_of_this_year(operator: Person) -> None:
    told = Told(operator).says(**LOAN_OF_THIS_YEAR, FUNDED_AMOUNT_GROWTH=None)

    agrees_with_events(told)
    adds_up(told)
    assert one_row(told, "district") == DISTRICT
    assert one_row(told, "institution") == INSTITUTION


def count_a_loan_of_last_year(operator: Person) -> None:
    """After the turn of the year the loan is cumulative; the year before counts to the same day, in which none was."""
    told = Told(operator).says(**LOAN_OF_LAST_YEAR, FUNDED_AMOUNT_GROWTH=None)

    agrees_with_events(told)
    adds_up(told)
    assert (told.before["FUNDED_AMOUNT_YEAR"], told.before["APPROVALS"]) == ("0.00", "0")


def fall_by_a_whole_loan(operator: Person) -> None:
    """A year after the payment: nothing this year, the loan in the same period of the last."""
    told = Told(operator).says(**LOAN_OF_LAST_YEAR, FUNDED_AMOUNT_GROWTH="-1.000000")

    assert told.before["FUNDED_AMOUNT_YEAR"] == str(GRANTED_YUAN)
    assert operator.goes("exports:statistics").pair("放款金额同比") == "-100.0%"


def agrees_with_events(told: Told) -> None:
    """Every headline is the sum of the rows that say it happened."""
    drawn = list(OutcomeEvent.objects.filter(kind="DISBURSE"))
    needs = FinancingDemand.objects.exclude(published_at=None)
    accepted = LoanApplication.objects.exclude(accepted_at=None).values("demand").distinct()
    told.says(
        ENTERPRISES=str(EnterpriseAccount.objects.filter(state="VERIFIED").count()),
        NEEDS=str(needs.count()),
        NEEDS_AMOUNT=str(sum(need.amount_yuan for need in needs)),
        ACCEPTANCE_RATE=f"{Decimal(accepted.count()) / needs.count():.6f}",
        APPROVALS=str(CreditLine.objects.count()),
        APPROVED_AMOUNT=str(sum(line.amount_yuan for line in CreditLine.objects.all())),
        LOANS=str(len({row.loan_id for row in drawn})),
        FUNDED_AMOUNT=str(sum(row.principal_yuan for row in drawn)),
    )


def adds_up(told: Told) -> None:
    """The rows of every breakdown give its total row, and that is the headline."""
    for dimension, rows in told.parts.items():
        for code in MONEY:
            parts = [row[code] for name, row in rows.items() if name != "合计"]
            assert sum(map(Decimal, parts)) == Decimal(rows["合计"][code]), (dimension, code)
            assert rows["合计"][code] == told.values[code]


def one_row(told: Told, dimension: str) -> str:
    """Return the only row of a breakdown in which money was paid out."""
    rows = {name: row for name, row in told.parts[dimension].items() if name != "合计"}
    funded = [name for name, row in rows.items() if Decimal(row["FUNDED_AMOUNT"])]
    assert len(funded) == 1
    return funded[0]


def stay_the_same_in_every_view(people: People, clerk: Person) -> None:
    """Page, workbook and API of the city; the lender's and the district's own as far as they may see them."""
    told = Told(people.operator)
    page = people.operator.goes("exports:statistics")
    amount = "".join(display_wan(GRANTED_YUAN).split())
    assert page.pair("累计放款金额") == page.pair("授信金额") == amount
    assert page.pair("累计放款户数") == "1户"
    for row in (DISTRICT, INSTITUTION):
        assert table(page, row, "累计放款金额") == amount
    assert sheet_figures(people.operator) == {
        told.names[code]: as_in_sheet(told.values[code]) for code in MONEY
    }

    own = Told(people.approver, "institution")
    own.says(APPROVALS="1", LOANS="1", FUNDED_AMOUNT=told.values["FUNDED_AMOUNT"], APPLICATIONS="1")
    assert one_row(own, "district") == DISTRICT
    district = Told(clerk, "district")
    district.says(ENTERPRISES="2", NEEDS="1", ACCEPTANCE_RATE="1.000000")
    assert {district.values[code] for code in HELD_BACK} == {None}


def keep_small_cells_from(visitor: Person, other_clerk: Person) -> None:
    """One loan is the city's sum to everybody, and nobody's row; the neighbour district has none of it."""
    public = Told(visitor).says(LOANS="1", FUNDED_AMOUNT=str(GRANTED_YUAN))
    assert public.parts["district"][DISTRICT]["FUNDED_AMOUNT"] is None
    assert "institution" not in public.parts
    visitor.goes("exports:statistics").says("累计放款金额", "发布需求笔数")
    Told(other_clerk, "district").says(ENTERPRISES="1", NEEDS="0", LOANS="0", FUNDED_AMOUNT="0.00")


def table(page: Page, row: str, column: str) -> str:
    """Return one cell of the page's tables, found by the first cell of its row and its column."""
    for line in page.soup.select("tbody tr"):
        cells: Mapping[str, str] = {
            str(cell.get("data-label", "")): cell.get_text(strip=True).replace(" ", "")
            for cell in line.find_all("td")
        }
        if cells and next(iter(cells.values())) == row and column in cells:
            return cells[column]
    raise AssertionError(f"没有“{row}”的“{column}”")


def sheet_figures(person: Person) -> dict[str, Any]:
    """Return the workbook's headline amounts by their names."""
    content = person.goes("exports:statistics-sheet").content
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    lines = book.worksheets[0].iter_rows(values_only=True)
    return {
        str(line[0]): Decimal(str(line[1])).quantize(Decimal("0.000001"))
        for line in lines
        if line[2] == "万元" and line[0] != "发布需求金额" and line[0] != "逾期金额"
    }


def as_in_sheet(amount_yuan: str) -> Decimal:
    return (Decimal(amount_yuan) / 10_000).quantize(Decimal("0.000001"))
