"""A city's whole catalogue (6,241 items of 79 units) imported and listed, beside what cannot be done without.

The limit of reading is the cells of both sheets as texts, nothing understood. The limit of writing is the same rows
handed to the database in bulk, nothing compared. A page deep in the list is measured against the first page.

CPU seconds are user and system time of this process. Run: ``python -m tests.performance.catalogue [items]``.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from time import process_time
from typing import Any

os.environ["DATABASE_URL"] = "sqlite://:memory:"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from python_calamine import CalamineWorkbook  # noqa: E402

from borrowers.models import CatalogueItem, CatalogueItemVersion  # noqa: E402
from borrowers.selectors import ItemFilter, catalogue_list  # noqa: E402
from borrowers.services import catalogue_import_apply, catalogue_import_read  # noqa: E402
from borrowers.sheets import catalogue_workbook  # noqa: E402
from marketplace.models import User  # noqa: E402
from marketplace.sheets.workbook import cell_text  # noqa: E402
from tests.factories.catalogue import CITY_ITEMS, MADE_AT, many_items, workbook_of  # noqa: E402

PAGE = 50
ROUNDS = 5


def spent(deed: Callable[[], Any]) -> tuple[float, Any]:
    """Return CPU seconds and result."""
    start = process_time()
    result = deed()
    return process_time() - start, result


def cells_of(content: bytes) -> int:
    """Read both sheets as texts and return how many cells there are: the limit of reading."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    count = 0
    for name in book.sheet_names:
        for row in book.get_sheet_by_name(name).iter_rows():
            count += len([cell_text(cell) for cell in row])
    return count


def copied() -> None:
    """Write every item and version once more in bulk, nothing compared: the limit of writing."""
    items = list(CatalogueItem.objects.all())
    for item in items:
        item.pk, item.code = None, f"COPY-{item.code}"
    start = process_time()
    written = CatalogueItem.objects.bulk_create(items, batch_size=500)
    CatalogueItemVersion.objects.bulk_create(
        [
            CatalogueItemVersion(item=item, version=1, spec=item.spec, effective_from=MADE_AT)
            for item in written
        ],
        batch_size=500,
    )
    through = CatalogueItem.units.through
    links = [
        through(catalogueitem_id=item.pk, sourceunit_id=item.source_unit_id) for item in written
    ]
    through.objects.bulk_create(links, batch_size=500)
    copied.seconds = process_time() - start  # type: ignore[attr-defined]
    CatalogueItem.objects.filter(code__startswith="COPY-").delete()


def page(user: User, wanted: ItemFilter, after: str = "") -> float:
    """Return the best CPU seconds of a page of the list after a code."""
    found = catalogue_list(user, wanted).filter(code__gt=after).order_by("code", "pk")
    return min(spent(lambda: list(found[: PAGE + 1]))[0] for _ in range(ROUNDS))


def say(name: str, seconds: float, limit: float) -> None:
    """Write one line of the report."""
    sys.stdout.write(f"{name:<28} {seconds:8.3f} CPU s   {seconds / limit:6.2f} x\n")
    sys.stdout.flush()


def main(count: int = CITY_ITEMS) -> int:
    """Measure with so many items and print."""
    call_command("migrate", verbosity=0)
    user = User.objects.create(username="bench", display_name="示例")
    content = workbook_of(many_items(count))
    raw, cells = spent(lambda: cells_of(content))
    sys.stdout.write(f"{count:,} items, {len(content):,} bytes, {cells:,} cells\n")
    say("read cells (limit)", raw, raw)
    seconds, row = spent(
        lambda: catalogue_import_read(
            source=content, file_name="bench.xlsx", actor=None, at=MADE_AT
        )
    )
    say("read and compare", seconds, raw)
    applied, _ = spent(
        lambda: catalogue_import_apply(public_id=row.public_id, actor=None, at=MADE_AT)
    )
    copied()
    limit: float = copied.seconds  # type: ignore[attr-defined]
    say("write rows (limit)", limit, limit)
    say("apply", applied, limit)
    exported, again = spent(lambda: catalogue_workbook(MADE_AT))
    unchanged, second = spent(
        lambda: catalogue_import_read(source=again, file_name="bench.xlsx", actor=None, at=MADE_AT)
    )
    say("export", exported, raw)
    say("read unchanged", unchanged, raw)
    first = page(user, ItemFilter())
    say("first page (limit)", first, first)
    say("deep page", page(user, ItemFilter(), f"EX-{count * 9 // 10:05d}"), first)
    say("page by name", page(user, ItemFilter(text="062")), first)
    filtered = ItemFilter(data_class="09", administration="DISTRICT", unit="UNIT-001")
    say("page by class, level, unit", page(user, filtered), first)
    return int(second.created + second.changed > 0)


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
