"""Whitelists of the demonstration city: uploaded, generated, published, and what the lenders made of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from marketplace.config.demo.lending import SHOWN_LENDER, Lender
from marketplace.config.demo.people import SHOWN_DISTRICT, People
from marketplace.config.demo.timeline import (
    Clock,
    Tale,
    at_hour,
    working_days_before,
)
from marketplace.config.demo.world import Profile
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.errors import Refused
from marketplace.domain.workdays import local_date
from marketplace.models import User
from matching.models import Whitelist, WhitelistEntry
from matching.services.whitelist import whitelist_approve, whitelist_recheck, whitelist_submit
from matching.services.whitelist_build import whitelist_upload
from matching.services.whitelist_contact import whitelist_contact, whitelist_contact_result
from matching.services.whitelist_generate import GenerationParameters, whitelist_generate

UPLOADED_WORKING_DAYS_AGO, GENERATED_WORKING_DAYS_AGO = 20, 2
MOST_ROWS = 14
GENERATED_SHARE = 0.4
"""Share of the districts that have made this month's list already."""
MOST_CONTACTS = 6
TITLES = (
    "统一社会信用代码", "企业名称", "所在区", "街镇", "联系人", "联系电话", "融资需求金额(万元)", "融资期限(月)",
    "贷款用途", "是否有融资意愿", "意愿日期",
)  # fmt: skip
RESULTS = (
    "WILL_APPLY",
    "FOLLOWING_UP",
    "FOLLOWING_UP",
    "NO_NEED",
    "FUNDED_ELSEWHERE",
    "UNREACHABLE",
)


@dataclass(frozen=True)
class Office:
    """A district's clerk and lead, and the enterprises of the district."""

    code: str
    clerk: User
    lead: User
    enterprises: Sequence[Profile]


def offices(people: People, profiles: Iterable[Profile]) -> list[Office]:
    """Return every district's office."""
    by_district: dict[str, list[Profile]] = {code: [] for code in DISTRICT_LABELS}
    for profile in profiles:
        by_district[profile.district_code].append(profile)
    return [
        Office(code, people.clerks[code], people.leads[code], by_district[code])
        for code in DISTRICT_LABELS
    ]


def whitelists_lived(office: Office, lenders: Sequence[Lender], seed: int, until: datetime) -> Tale:
    """Upload, check, publish and work on one issue; then generate the next from the marketplace's own data."""
    today = local_date(until)
    random = Random(f"whitelist-{seed}-{office.code}")
    clock = Clock(at_hour(working_days_before(today, UPLOADED_WORKING_DAYS_AGO), 9), random)
    yield clock.office(0)
    issue = _uploaded(office, random, clock.at)
    yield from _published(office, issue, clock)
    yield from _contacted(issue, lenders, clock)
    day = working_days_before(today, GENERATED_WORKING_DAYS_AGO)
    clock.at = max(clock.at, at_hour(day, 10))
    yield clock.office(0)
    is_shown = office.code == SHOWN_DISTRICT
    if not is_shown and random.random() > GENERATED_SHARE:
        return
    following = _generated(office, clock.at)
    if following is not None:
        yield from _published(office, following, clock, is_left=is_shown)
    if is_shown:
        yield clock.office(0.2)
        _uploaded(office, random, clock.at, number=f"{today:%Y-%m}补", title="补充名单（草稿）")


def _published(office: Office, issue: Whitelist, clock: Clock, *, is_left: bool = False) -> Tale:
    """Check, hand in and publish an issue; one of the shown district is left for a visitor to publish."""
    yield clock.office(0.05)
    issue = whitelist_recheck(whitelist=issue, actor=office.clerk, at=clock.at)
    if not issue.admitted:
        return
    issue = whitelist_submit(whitelist=issue, actor=office.clerk, at=clock.at)
    if not is_left:
        yield clock.office(0.1)
        whitelist_approve(whitelist=issue, actor=office.lead, at=clock.at)


def _uploaded(
    office: Office, random: Random, at: datetime, number: str = "", title: str = ""
) -> Whitelist:
    day = local_date(at)
    return whitelist_upload(
        district=office.code,
        issue_no=number or f"{day:%Y-%m}",
        source=_sheet(office, random, day),
        file_name=f"{DISTRICT_LABELS[office.code]}融资需求摸排表.csv",
        actor=office.clerk,
        at=at,
        title=title,
    )


def _sheet(office: Office, random: Random, day: date) -> bytes:
    """Return a district's sheet: those who want a loan, some who may not stand on it, and one slip of the pen."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(TITLES)
    known = [entry for entry in office.enterprises if entry.born < day] or office.enterprises
    count = min(MOST_ROWS, len(known))
    for entry in sorted(random.sample(known, count), key=lambda entry: entry.number):
        writer.writerow(_row(entry, random, day))
    slip = _row(known[0], random, day)
    writer.writerow((slip[0][:-1] + "I", "示例误填企业", *slip[2:]))
    return stream.getvalue().encode("utf-8-sig")


def _row(entry: Profile, random: Random, day: date) -> tuple[str, ...]:
    asked = random.choice((10, 20, 30, 50, 80, 100, 150, 200, 300))
    return (
        entry.uscc,
        entry.name,
        DISTRICT_LABELS[entry.district_code],
        entry.street,
        entry.representative,
        f"1390000{entry.number % 10000:04d}",
        str(asked),
        "12",
        "流动资金",
        "否" if random.random() < 0.1 else "是",
        (day - timedelta(days=random.randint(1, 20))).isoformat(),
    )


def _generated(office: Office, at: datetime) -> Whitelist | None:
    """Return the draft of a district's issue, None where nobody wants finance."""
    try:
        return whitelist_generate(
            district=office.code,
            issue_no=f"{local_date(at):%Y-%m}-2",
            parameters=GenerationParameters(),
            actor=office.clerk,
            at=at,
        )
    except Refused as refused:
        if refused.code == "WL_NO_CANDIDATES":
            return None
        raise


def _contacted(issue: Whitelist, lenders: Sequence[Lender], clock: Clock) -> Tale:
    """Let lenders take most of the listed enterprises on, and say of most what came of it."""
    chosen = _chosen(issue, lenders, clock.random)
    for entry, lender in chosen:
        yield clock.office(clock.random.uniform(0.1, 0.6))
        actor = lender.officer
        whitelist_contact(entry_id=entry.public_id, actor=actor, at=clock.at)
        if clock.random.random() < 0.7:
            whitelist_contact_result(
                entry_id=entry.public_id,
                result=clock.random.choice(RESULTS),
                note="",
                actor=actor,
                at=clock.at,
            )


def _chosen(
    issue: Whitelist, lenders: Sequence[Lender], random: Random
) -> Iterator[tuple[WhitelistEntry, Lender]]:
    """Yield who takes whom on; the other entries are left for a visitor."""
    entries = issue.entries.filter(status="ADMITTED").order_by("row_number")
    shown = lenders[SHOWN_LENDER - 1]
    for place, entry in enumerate(entries[:MOST_CONTACTS]):
        yield entry, shown if place == 0 else random.choice(lenders)
