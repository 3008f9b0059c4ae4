"""A city's volumes through the ordinary path on PostgreSQL: register, records, archive check, evaluation, night counts.

Everything goes through the commands and services an operator uses. The city has its story first (the demonstration,
2,000 enterprises of these with needs, applications and loans); then the volume comes on top. Said at the end: seconds,
CPU of client and server, peak of memory, and what each step left; the totals have to add up, or the run fails. Last,
with ``--pages``, every page of that city is measured as ``tests.performance.pages`` does.

Run: ``python -m tests.performance.volume [--pages] [enterprises [records]]``; makes and drops a database of its own.
"""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

from borrowers.domain.catalogue import load_catalogue
from borrowers.domain.item_spec import FieldSpec, FieldType, ItemSpec
from tests.performance.ingest import codes
from tests.performance.own_city import own_city
from tests.performance.process import cpu_of_client, cpu_of_server, memory

ENTERPRISES, RECORDS = 280_400, 2_000_000
SHARES = {
    "TAX_PAYMENT": 0.4,
    "SOCIAL_INSURANCE": 0.2,
    "POWER_BILL": 0.0,
    "PERMIT": 0.15,
    "TAX_ARREARS": 0.1,
    "PENALTY": 0.1,
    "ABNORMAL_LIST": 0.05,
}
"""Items that are delivered, with their part of the records."""

TODAY = date(2026, 11, 26)
INDUSTRIES = ("批发业", "零售业", "软件和信息技术服务业", "通用设备制造业", "餐饮业")
ENDS = ("_to", "until", "until_date", "expires_date")
"""Fields of dates that lie behind the others of their row."""

DISTRICTS = ("和平区", "河东区", "河西区", "南开区", "滨海新区", "武清区", "西青区", "北辰区")


def register_rows(uscc: Sequence[str]) -> Iterator[list[str]]:
    """Plainly fictional enterprises, as a district's sheet lists them."""
    yield [
        "企业名称",
        "统一社会信用代码",
        "注册日期",
        "企业类型",
        "注册资金",
        "经营范围",
        "地区",
        "登记状态",
    ]
    for number, code in enumerate(uscc):
        begun = date(2000, 1, 1) + timedelta(days=number % 9000)
        yield [
            f"天津虚构{number:06}号有限公司", code, begun.isoformat(), "有限责任公司", f"{number % 900 + 10}万人民币",
            INDUSTRIES[number % 5], DISTRICTS[number % 8], "存续",
        ]  # fmt: skip


def record_rows(item: ItemSpec, uscc: Sequence[str], count: int) -> Iterator[list[str]]:
    """Rows of an item as its unit would write them; a row's key comes from its number."""
    rng = random.Random(item.code)
    fields = [
        spec
        for spec in item.fields
        if spec.required or spec.code in item.natural_key or rng.random() < 0.5
    ]
    yield [spec.label for spec in fields]
    for number in range(count):
        day = TODAY - timedelta(days=rng.randrange(1, 1000))
        yield [_cell(spec, item, uscc[rng.randrange(len(uscc))], number, day) for spec in fields]


def _cell(spec: FieldSpec, item: ItemSpec, code: str, number: int, day: date) -> str:
    if spec.code == item.subject_field:
        return code
    if spec.type is FieldType.CHOICE:
        return spec.choices[number % len(spec.choices)]
    if spec.type is FieldType.DATE:
        late = (
            spec.code != item.event_date and "from" not in spec.code and "decided" not in spec.code
        )
        return (
            day
            + timedelta(
                days=400 if late and spec.code.endswith(("to", "until", "expires_date")) else 0
            )
        ).isoformat()
    values: dict[FieldType, str] = {
        FieldType.TEXT: f"虚构{number % 97}号",
        FieldType.MONTH: day.isoformat()[:7],
        FieldType.INTEGER: str(max(int(spec.minimum or 0), 2016) + number % 10),
        FieldType.DECIMAL: "1.5",
        FieldType.MONEY_YUAN: f"{number % 90_000}.{number % 100:02}",
        FieldType.MONEY_WAN: "1.5",
        FieldType.BOOLEAN: "是",
        FieldType.USCC: "11120000MB12345110",
        FieldType.LOCAL_CODE: code,
    }
    return values[spec.type]


def write(path: Path, rows: Iterator[list[str]]) -> Path:
    """Write rows as csv."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


class Steps:
    """Does steps one after the other and says what each took."""

    def __init__(self) -> None:
        sys.stdout.write(
            "| 步骤 | CPU 秒 | 用时(秒) | 内存峰值(MB) | 结果 |\n|---|---|---|---|---|\n"
        )

    def do(self, name: str, deed: Callable[[], str]) -> None:
        """Do one step."""
        begun, client, server = perf_counter(), cpu_of_client(), cpu_of_server()
        said = deed()
        cpu = cpu_of_client() - client + cpu_of_server() - server
        peak = round(memory())
        sys.stdout.write(
            f"| {name} | {cpu:.1f} | {perf_counter() - begun:.1f} | {peak} | {said} |\n"
        )
        sys.stdout.flush()


def run(enterprises: int, records: int, folder: Path) -> None:
    """Do everything in the database of the environment."""
    import django

    django.setup()
    from django.core.management import call_command

    from borrowers.models import CreditRecord, Enterprise, IngestBatch

    call_command("migrate", verbosity=0)
    steps = Steps()
    steps.do("演示城市", _story)
    uscc = codes(enterprises - Enterprise.objects.count())
    steps.do(f"登记库 {len(uscc):,} 行", lambda: _register(folder, uscc))
    for item in load_catalogue().items:
        if count := int(records * SHARES.get(item.code, 0)):
            path = write(folder / f"{item.code}.csv", record_rows(item, uscc, count))
            steps.do(f"{item.name} {count:,} 行", partial(_ingest, item, path))
    steps.do("归档其余批次", _archive)
    steps.do("核对归档与数据库", _archive_checked)
    steps.do("全量评价并发布", _evaluated)
    steps.do("每晚统计可用记录", _usable_counted)
    accepted = sum(IngestBatch.objects.filter(kind="RECORDS").values_list("accepted", flat=True))
    assert accepted == CreditRecord.objects.count()


def _story() -> str:
    """The demonstration: few enterprises, with needs, applications and loans."""
    from django.core.management import call_command

    from borrowers.models import CreditRecord, Enterprise

    call_command("demo", stdout=StringIO(), stderr=StringIO())
    return f"{Enterprise.objects.count():,} 户，{CreditRecord.objects.count():,} 条"


def _register(folder: Path, uscc: Sequence[str]) -> str:
    """The register's other enterprises, as one sheet."""
    from django.utils import timezone

    from borrowers.services import register_import

    path = write(folder / "register.csv", register_rows(uscc))
    return _counts(register_import(source=path, file_name=path.name, actor=None, at=timezone.now()))


def _ingest(item: ItemSpec, path: Path) -> str:
    """One unit's delivery of one item."""
    from django.utils import timezone

    from borrowers.services import records_ingest

    return _counts(
        records_ingest(
            item_code=item.code,
            unit_code=item.source_unit,
            source=path,
            file_name=path.name,
            actor=None,
            at=timezone.now(),
        )
    )


def _archive() -> str:
    """The demonstration's batches, which were too small to archive when they came."""
    from django.utils import timezone

    from borrowers.services.archive import archive_sync

    return f"{archive_sync(at=timezone.now())}"


def _archive_checked() -> str:
    """Archive and database hold the same; otherwise the run fails."""
    from borrowers.services.archive_check import archive_check

    found = archive_check(with_hashes=True)
    assert not found.faults, found.faults[:3]
    return f"{found.segments} 个文件，{found.records:,} 条，一致"


def _evaluated() -> str:
    """Next month's evaluation of everybody, published by a second person; this month's is part of the story."""
    from django.utils import timezone

    from borrowers.models import Enterprise
    from marketplace.models import User
    from matching.models import CreditEvaluation
    from matching.services.evaluation import evaluation_publish, evaluation_run

    first, second = (User.objects.get(username=name) for name in ("operator", "operator2"))
    then = timezone.now() + timedelta(days=31)
    found = evaluation_run(month=then.date(), actor=first, at=then)
    assert CreditEvaluation.objects.filter(run=found).count() == Enterprise.objects.count()
    evaluation_publish(public_id=found.public_id, actor=second, at=then)
    return f"{found.evaluated:,} 户"


def _usable_counted() -> str:
    """What a city in operation does every night, so that no page has to count."""
    from django.utils import timezone

    from matching.services.gap import usable_counts_keep

    return f"{usable_counts_keep(at=timezone.now()):,} 项"


def _counts(batch: Any) -> str:
    assert batch.rows_read == batch.accepted + batch.rejected + batch.duplicates
    return f"接收 {batch.accepted:,}，拒绝 {batch.rejected:,} {batch.reasons or ''}，重复 {batch.duplicates:,}"


def main(arguments: Sequence[str]) -> int:
    """Make a database, run in a process of its own, drop the database."""
    if arguments[:1] == ["--run"]:
        run(int(arguments[1]), int(arguments[2]), Path(arguments[3]))
        return 0
    with_pages, arguments = "--pages" in arguments, [one for one in arguments if one != "--pages"]
    sizes = [int(argument) for argument in arguments] + [ENTERPRISES, RECORDS][len(arguments) :]
    with own_city() as (folder, environment):
        command = [sys.executable, "-m", __spec__.name, "--run", *map(str, sizes), str(folder)]
        done = subprocess.run(command, check=False, env=environment).returncode
        if with_pages and not done:
            pages = [sys.executable, "-m", "tests.performance.pages"]
            done = subprocess.run(pages, check=False, env=environment).returncode
        return done


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
