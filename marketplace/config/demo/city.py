"""Building the whole city, step by step, with progress; every step is a call of services."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from random import Random

from borrowers.models import CatalogueItem, Enterprise, IngestBatch, SourceUnit
from borrowers.services import catalogue_seed, records_ingest_rows, register_import_rows
from marketplace.config.demo.lending import SHOWN_LENDER, Lender, city_lenders
from marketplace.config.demo.people import SHOWN_DISTRICT, Login, People, city_people
from marketplace.config.demo.records import deliveries
from marketplace.config.demo.story import LONGEST_DAYS, Borrower, city_borrowers, tell
from marketplace.config.demo.world import Profile, profiles, register_row
from marketplace.domain.district import DISTRICT_LABELS, district_label
from marketplace.domain.errors import Refused
from marketplace.domain.workdays import BEIJING, local_date
from marketplace.models import User
from marketplace.services import districts_seed
from matching.models import Whitelist
from matching.services.evaluation import evaluation_publish, evaluation_run
from matching.services.whitelist import whitelist_approve, whitelist_recheck, whitelist_submit
from matching.services.whitelist_generate import GenerationParameters, whitelist_generate

Say = Callable[[str], None]
OPENED_DAYS_AGO = 480
RECENT_DAYS = 14
REASON = "reason:"


@dataclass(frozen=True)
class City:
    """What was built.

    Attributes:
        logins: accounts to print.
        counts: what there is now, Chinese label to number.
        read, accepted, rejected, duplicates: rows that went through the ingest.
    """

    logins: list[Login]
    counts: dict[str, int]
    read: int
    accepted: int
    rejected: int
    duplicates: int
    reasons: dict[str, int]


def city_exists() -> bool:
    """Return whether a city was built in this database before."""
    return Enterprise.objects.exists()


def city_build(*, enterprises: int, seed: int, now: datetime, say: Say) -> City:
    """Build the city.

    Args:
        enterprises: how many market entities.
        seed: the same seed gives the same city on the same day.
        now: the present, aware.
        say: told each step, one Chinese line.
    """
    opened = now - timedelta(days=OPENED_DAYS_AGO)
    today = local_date(now)
    say("人员与区划")
    districts_seed(names=DISTRICT_LABELS, actor=None, at=opened)
    people = city_people(opened)
    catalogue_seed(actor=people.operator, at=opened)
    say("54 家机构与产品")
    lenders = list(city_lenders(people, opened, seed))
    say(f"{enterprises} 家市场主体")
    city = list(profiles(enterprises, seed, today))
    tally = Counter[str]()
    _deliver(city, seed, now, tally, say)
    say("企业账户")
    borrowers = list(city_borrowers(city, people, seed, opened))
    _stories(borrowers, lenders, seed, now, say)
    say("公共信用综合评价")
    _evaluate(people, now)
    say("各区白名单")
    _whitelists(people, now)
    _announce(people, lenders)
    counts = {
        "市场主体": len(city),
        "信用记录": tally["accepted"] - len(city),
        "金融机构": len(lenders),
        "企业账户": len(borrowers),
    }
    return City(
        people.logins,
        counts,
        tally["read"],
        tally["accepted"],
        tally["rejected"],
        tally["duplicates"],
        {code.removeprefix(REASON): count for code, count in tally.items() if REASON in code},
    )


def _register(city: Sequence[Profile], day: date, after: date | None, tally: Counter[str]) -> None:
    """Import the sheet of those that were founded or struck off since the sheet before."""
    news = [
        entry
        for entry in city
        if _between(entry.born, after, day) or (after and _between(entry.ended, after, day))
    ]
    if not news:
        return
    batch = register_import_rows(
        rows=((number, register_row(entry, day)) for number, entry in enumerate(news, start=2)),
        file_name=f"演示登记库-{day.isoformat()}.xlsx",
        file_sha256=_digest(f"register-{day.isoformat()}"),
        actor=None,
        at=_morning(day),
    )
    _count(batch, tally)


def _between(day: date | None, after: date | None, until: date) -> bool:
    return day is not None and (after is None or after < day) and day <= until


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9, 0), BEIJING).astimezone(UTC)


def _count(batch: IngestBatch, tally: Counter[str]) -> None:
    tally.update(
        read=batch.rows_read,
        accepted=batch.accepted,
        rejected=batch.rejected,
        duplicates=batch.duplicates,
    )
    tally.update({f"{REASON}{code}": count for code, count in batch.reasons.items()})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _deliver(
    city: Sequence[Profile], seed: int, now: datetime, tally: Counter[str], say: Say
) -> None:
    """Hand in the register's sheets and the units' files, day by day, up to today."""
    items = {item.code: item for item in CatalogueItem.objects.all()}
    units = {unit.code: unit for unit in SourceUnit.objects.all()}
    today = local_date(now)
    after = today - timedelta(days=OPENED_DAYS_AGO)
    _register(city, after, None, tally)
    for day, found in groupby(deliveries(city, seed, today), key=attrgetter("day")):
        say(f"信用记录:{day.isoformat()} 的归集批次")
        _register(city, day, after, tally)
        after = day
        for delivery in found:
            name = f"{delivery.item_code}-{day.isoformat()}.csv"
            batch = records_ingest_rows(
                item=items[delivery.item_code],
                unit=units[delivery.unit_code],
                rows=enumerate(delivery.rows, start=2),
                file_name=name,
                file_sha256=_digest(name),
                actor=None,
                at=_morning(day),
            )
            _count(batch, tally)
    _register(city, today, after, tally)


def _stories(
    borrowers: Sequence[Borrower], lenders: Sequence[Lender], seed: int, now: datetime, say: Say
) -> None:
    """Tell the stories in the order in which they begin; a third began in the last two weeks."""
    random = Random(f"starts-{seed}")
    shown = lenders[SHOWN_LENDER - 1].institution.pk
    by_institution = {lender.institution.pk: lender for lender in lenders}
    starts = []
    for place, borrower in enumerate(borrowers):
        is_recent = place % 3 == 0
        days = (
            random.uniform(0.3, RECENT_DAYS)
            if is_recent
            else random.uniform(RECENT_DAYS, LONGEST_DAYS)
        )
        starts.append((now - timedelta(days=days), place, borrower))
    for place, (start, _, borrower) in enumerate(sorted(starts, key=lambda entry: entry[:2]), 1):
        if place % 20 == 1:
            say(f"融资故事:{place}/{len(starts)}")
        favorite = shown if now - start < timedelta(days=RECENT_DAYS) else None
        tell(borrower, by_institution, start, now, seed, favorite)


def _evaluate(people: People, now: datetime) -> None:
    run = evaluation_run(month=local_date(now).replace(day=1), actor=people.operator, at=now)
    evaluation_publish(public_id=run.public_id, actor=people.second_operator, at=now)


def _whitelists(people: People, now: datetime) -> None:
    """Generate and publish an issue in each district with needs; the shown one is left for a visitor to publish."""
    for code, clerk in people.clerks.items():
        issue = _generated(code, clerk, now)
        if issue is None or issue.admitted == 0:
            continue
        issue = whitelist_recheck(whitelist=issue, actor=clerk, at=now)
        issue = whitelist_submit(whitelist=issue, actor=clerk, at=now)
        if code != SHOWN_DISTRICT:
            whitelist_approve(whitelist=issue, actor=people.leads[code], at=now)


def _generated(district: str, clerk: User, now: datetime) -> Whitelist | None:
    """Return the draft of a district's issue, None where nobody wants finance."""
    try:
        return whitelist_generate(
            district=district,
            issue_no=f"{local_date(now):%Y%m}",
            parameters=GenerationParameters(),
            actor=clerk,
            at=now,
        )
    except Refused as refused:
        if refused.code == "WL_NO_CANDIDATES":
            return None
        raise


def _announce(people: People, lenders: Sequence[Lender]) -> None:
    """Put the printed accounts in the order in which a visitor would try them."""
    lender = lenders[SHOWN_LENDER - 1]
    name = lender.institution.organisation.name
    people.announce(lender.officer, "客户经理", name, "“工作台”受理申请、看信用画像、提交审批")
    people.announce(lender.approver, "审批人", name, "“审批”做决定;产品由第二人发布")
    district = district_label(SHOWN_DISTRICT)
    people.announce(
        people.clerks[SHOWN_DISTRICT],
        "区级经办",
        district,
        "“白名单”生成或上传、看入选与未入选原因",
    )
    people.announce(people.leads[SHOWN_DISTRICT], "区级复核", district, "复核并发布白名单")
    people.announce(people.operator, "市级运营", "运营中心", "企业核验、数据批次、时限督办、统计")
    people.announce(people.second_operator, "市级运营(第二人)", "运营中心", "发布评价结果")
    people.announce(people.auditor, "审计监督", "运营中心", "查审计链和查询记录")
