"""A district's whitelist made of 730,000 enterprises, beside the bare statement it is measured against (PostgreSQL).

The limit is one INSERT..SELECT written by hand for this case: the district's enterprises with a statement of the latest
upload, eight gates in SQL, the same columns and reasons as text constants into the same table with its indexes. Ours
judges every enterprise by the readable gates, keeps the sentences why in and why out, seals the contact, writes the
audit. Both write as many rows and admit as many enterprises, which is checked. A third form is the same statement told
that a page out of order costs little (``random_page_cost``), which makes PostgreSQL look the enterprises up one by one.

Each form runs in a process of its own that has made one list before, so that the peak of memory is its own; the forms
take turns, and the least of the rounds counts. CPU seconds are user and system time of that process and of its server
backend. The second table has public records of one enterprise in fifty, and a grade for each.

Run: ``python -m tests.performance.whitelist [enterprises]``, with a PostgreSQL server at ``TEST_POSTGRES_URL``; it
makes and drops a database of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.performance.process import memory

ENTERPRISES, SHARE, LISTED = 730_000, 9, 50
"""One enterprise in so many said it wants finance; one in so many is on a public list."""
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
TICKS = os.sysconf("SC_CLK_TCK")
ONE, WARM, ROUNDS = "120103", "120104", 3
FORMS = {
    "hand": "INSERT..SELECT by hand (the limit)",
    "keyed": "the same, told to look up by key",
    "ours": "ours with all reasons",
}


def main(arguments: Sequence[str]) -> int:
    """Measure and print the tables; 0 when the forms keep and admit the same."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
    if arguments[:1] == ["--run"]:
        sys.stdout.write(json.dumps(run(arguments[1], arguments[2], arguments[3:])) + "\n")
        return 0
    from tests import environment, services
    from tests.run import own_database

    assert environment.prepare_environment is not None
    if not services.has_postgresql():
        sys.stderr.write(f"没有 PostgreSQL:{services.POSTGRESQL.hint}\n")
        return 1
    os.environ["DATABASE_URL"] = own_database()
    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        return measure(int(arguments[0]) if arguments else ENTERPRISES, name)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measure(enterprises: int, database: str) -> int:
    """Fill the database, let the forms take turns, print the tables."""
    from django.db import connection

    from tests.cast import DISTRICTS, make_cast
    from tests.factories.whitelist import deliver_lists

    cast = make_cast()
    deliver_lists(NOW)
    fill(enterprises, cast)
    staff_of(cast, DISTRICTS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()")
        server = cursor.fetchone()[0].split(" on ")[0]
    out = sys.stdout.write
    load = "/".join(f"{value:.0f}" for value in os.getloadavg())
    out(
        f"{enterprises:,} enterprises, 1 in {SHARE} willing; {server}; cores {os.cpu_count()}, load {load}\n"
    )
    take_turns(database, "A")
    enrich(cast)
    out(f"with a grade for each and public records of one in {LISTED}\n")
    take_turns(database, "B")
    out(f"a page of 50 by keyset: {page_of() * 1000:.2f} ms CPU\n")
    return 0


def take_turns(database: str, issue: str) -> None:
    """Run the forms in turns and print the table of the least each took."""
    from tests.cast import DISTRICTS

    out = sys.stdout.write
    out(f"{'form':52}{'rows':>9}{'cpu s':>9}{'us/row':>9}{'ratio':>8}{'before':>9}{'peak MB':>9}\n")
    for words, districts in (("one district", [ONE]), ("16 districts", list(DISTRICTS))):
        found: dict[str, list[dict[str, Any]]] = {form: [] for form in FORMS}
        for number in range(ROUNDS):
            for form in FORMS:
                name = f"{form}{issue}{len(districts)}{number}"
                found[form].append(in_a_process(database, form, name, districts))
        kept = {(one["rows"], one["admitted"]) for runs in found.values() for one in runs}
        assert len(kept) == 1, found
        limit = min(one["cpu"] for one in found["hand"])
        for form, runs in found.items():
            cpu_s, count = min(one["cpu"] for one in runs), runs[0]["rows"]
            peak, before = (max(one[name] for one in runs) for name in ("peak", "before"))
            out(
                f"{words + ', ' + FORMS[form]:52}{count:9,}{cpu_s:9.2f}{cpu_s / count * 1e6:9.0f}"
                f"{cpu_s / limit:8.2f}{before:9.0f}{peak:9.0f}\n"
            )


def in_a_process(database: str, form: str, issue: str, districts: Sequence[str]) -> dict[str, Any]:
    """Make lists in one form in a process of its own."""
    address = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.performance.whitelist", "--run", form, issue, *districts],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DATABASE_URL": address},
    )
    return json.loads(done.stdout.splitlines()[-1])


def run(form: str, issue: str, districts: Sequence[str]) -> dict[str, Any]:
    """Make the lists in this process, after one to warm up, and return what it took."""
    import django

    django.setup()
    from marketplace.models import User
    from matching.models import WhitelistEntry
    from matching.services.whitelist_generate import GenerationParameters, whitelist_generate

    staff = {code: User.objects.get(username=f"clerk-{code}") for code in (*districts, WARM)}

    def make(district: str, number: str) -> Any:
        if form != "ours":
            return by_hand(district, number, staff[district], is_keyed=form == "keyed")
        return whitelist_generate(
            district=district,
            issue_no=number,
            parameters=GenerationParameters(),
            actor=staff[district],
            at=NOW,
        )

    make(WARM, f"w{issue}")
    before = memory("VmRSS")
    cpu_s, made = cpu(lambda: [make(district, issue) for district in districts])
    peak = memory("VmHWM")
    entries = WhitelistEntry.objects.filter(whitelist__in=made)
    return {
        "cpu": cpu_s,
        "rows": entries.count(),
        "admitted": entries.filter(status="ADMITTED").count(),
        "before": before,
        "peak": peak,
    }


def page_of() -> float:
    """Return the CPU seconds of a page of 50 entries by keyset, of the latest list."""
    from matching.models import Whitelist, WhitelistEntry

    latest = Whitelist.objects.filter(district_id=ONE, parameters={}).latest("pk")
    page = WhitelistEntry.objects.filter(whitelist=latest).order_by("row_number")
    seconds, _ = cpu(lambda: [list(page.filter(row_number__gt=n)[:50]) for n in range(0, 2000, 50)])
    return seconds / 40


def cpu(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of a piece of work, here and in the server's backend, and what it returned."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    before = process_time() + _backend(backend)
    found = run()
    return process_time() + _backend(backend) - before, found


def _backend(pid: int) -> float:
    """Return the CPU seconds of a server process on this machine, 0 when it runs elsewhere."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def staff_of(cast: Any, districts: dict[str, str]) -> dict[str, Any]:
    """Return a clerk for every district."""
    from marketplace.domain.roles import OrganisationKind, Role
    from marketplace.models import Membership, Organisation
    from tests.cast import make_user

    found = {}
    for code, name in districts.items():
        office = Organisation.objects.create(
            kind=OrganisationKind.DISTRICT, name=f"{name}测量专班", district_id=code
        )
        found[code] = make_user(f"clerk-{code}")
        Membership.objects.create(
            user=found[code], organisation=office, role=Role.DISTRICT_CLERK, granted_at=NOW
        )
    return found


def fill(enterprises: int, cast: Any) -> None:
    """Write enterprises with valid codes, and one upload per district: the willing said so on one of 170 days."""
    from django.db import connection

    from marketplace.domain import uscc
    from matching.models import Whitelist
    from tests.cast import DISTRICTS

    codes = list(DISTRICTS)
    columns = (
        "public_id, uscc, name, name_normalized, registration_no, entity_type, legal_form, status, "
        "established_date, capital_currency, capital_text, industry_code, industry_section, "
        "business_scope, district_id, address, legal_representative, size_class"
    )
    with connection.cursor() as cursor:
        wanted = [part.strip() for part in columns.split(",")]
        more, defaults = _other_columns(cursor, "borrowers_enterprise", wanted)
        cursor.execute("CREATE TEMP TABLE codes (n int, uscc text, district text)")
        with cursor.copy("COPY codes FROM STDIN") as copy:
            for n in range(enterprises):
                district = codes[n % len(codes)]
                copy.write_row((n, uscc.make("91", district, f"MB{n:06d}"), district))
        cursor.execute(
            f"INSERT INTO borrowers_enterprise ({columns}{more}) SELECT gen_random_uuid(), uscc, "
            "'测量示例' || n || '有限公司', '测量示例' || n, '', 'ENTERPRISE', '', "
            "CASE WHEN n % 37 = 0 THEN 'CANCELLED' ELSE 'ACTIVE' END, "
            "DATE '2010-01-01' + (n * 7 % 6100), '', '', '5100', 'F', '', district, '', '', "
            f"(ARRAY['SMALL','MICRO','MEDIUM','LARGE'])[1 + n % 4]{defaults} FROM codes"
        )
        cursor.execute("ANALYZE borrowers_enterprise")
        for district in codes:
            upload = Whitelist.objects.create(
                district_id=district,
                issue_no="U1",
                title="测量上传",
                origin="UPLOADED",
                created_by=cast.district_clerk,
                created_at=NOW - timedelta(days=9),
                checked_at=NOW - timedelta(days=9),
            )
            cursor.execute(_STATEMENTS, [upload.pk, date(2026, 11, 20), district, SHARE])
        cursor.execute("ANALYZE matching_whitelistentry")


_STATEMENTS = """
INSERT INTO matching_whitelistentry (
  public_id, whitelist_id, row_number, uscc, name, enterprise_id, status, is_readable, amount_yuan, term_months,
  purpose, sector, street, contact, is_willing, willing_date, passes, reasons, marks, row)
SELECT gen_random_uuid(), %s, row_number() OVER (ORDER BY id), uscc, name, id, 'ADMITTED', true,
  500000, 12, 'WORKING_CAPITAL', 'F', '', '', true, %s - (id / 16 %% 170)::int, '[]', '[]', '[]', ''
FROM borrowers_enterprise WHERE district_id = %s AND id %% %s = 0 AND name LIKE '测量%%'
"""


def enrich(cast: Any) -> None:
    """Give every enterprise a grade of a published run, and some a record on the list of abnormal operation."""
    from django.db import connection

    from borrowers.models import CatalogueItem
    from matching.models import EvaluationRun

    grading = EvaluationRun.objects.create(
        month=date(2026, 10, 1),
        as_of=NOW,
        model_version="测量",
        state="PUBLISHED",
        started_by=cast.operator,
        started_at=NOW,
        published_by=cast.approver,
        published_at=NOW,
    )
    item = CatalogueItem.objects.get(code="ABNORMAL_LIST")
    with connection.cursor() as cursor:
        cursor.execute(_GRADES, [grading.pk])
        values: list[Any] = [NOW - timedelta(hours=2), item.pk, item.batches.get().pk, LISTED]
        cursor.execute(_RECORDS, values)
        for table in ("matching_creditevaluation", "borrowers_creditrecord"):
            cursor.execute(f"ANALYZE {table}")


_GRADES = """
INSERT INTO matching_creditevaluation (run_id, enterprise_id, score_points, grade, reasons, input_hash)
SELECT %s, id, 600, (ARRAY['A', 'B', 'C', 'D'])[1 + id %% 4], '[]', '' FROM borrowers_enterprise
"""
_RECORDS = """
INSERT INTO borrowers_creditrecord (
  public_id, natural_key, event_date, payload, content_digest, received_at, row_number, item_id, batch_id,
  enterprise_id)
SELECT gen_random_uuid(), '测量', '2026-10-01', '{"reason": "测量"}', '', %s, 2, %s, %s, id
FROM borrowers_enterprise WHERE id %% %s = 0
"""


def _other_columns(cursor: Any, table: str, known: list[str]) -> tuple[str, str]:
    """Return the table's further columns that must have a value, and such values."""
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s "
        "AND is_nullable = 'NO' AND column_name NOT IN ('id') AND column_default IS NULL",
        [table],
    )
    values = {"boolean": "false", "jsonb": "'{}'", "integer": "0", "bigint": "0"}
    found = [(n, t) for n, t in cursor.fetchall() if n not in known]
    moments = {n: f"TIMESTAMPTZ '{NOW.isoformat()}'" for n, t in found if t.startswith("timestamp")}
    names = "".join(f", {n}" for n, _ in found)
    return names, "".join(f", {moments.get(n) or values.get(t, chr(39) * 2)}" for n, t in found)


PASSED = (
    '[{"rule_code": "WL_IDENTITY", "sentence": "统一社会信用代码有效，且在市场主体登记库中。"}, '
    '{"rule_code": "WL_STATUS", "sentence": "登记状态为“存续”。"}, '
    '{"rule_code": "WL_AGE", "sentence": "成立 120 个月，要求满 12 个月。"}]'
)


def by_hand(district: str, issue_no: str, clerk: Any, *, is_keyed: bool = False) -> Any:
    """Make the list by one statement and return it."""
    from django.db import connection

    from matching.models import Whitelist

    whitelist = Whitelist.objects.create(
        district_id=district,
        issue_no=issue_no,
        title="手写语句",
        origin="GENERATED",
        created_by=clerk,
        created_at=NOW,
        checked_at=NOW,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET random_page_cost = 1.1" if is_keyed else "RESET random_page_cost")
        cursor.execute(_BY_HAND, [whitelist.pk, PASSED, date(2025, 11, 23), district])
    return whitelist


_BY_HAND = """
INSERT INTO matching_whitelistentry (
  public_id, whitelist_id, row_number, uscc, name, enterprise_id, status, is_readable, amount_yuan, term_months,
  purpose, sector, street, contact, is_willing, willing_date, passes, reasons, marks, row)
SELECT gen_random_uuid(), %s, row_number() OVER (ORDER BY e.id), e.uscc, e.name, e.id,
  CASE WHEN ok THEN 'ADMITTED' ELSE 'REFUSED' END, true, amount_yuan, term_months, purpose, industry_section, '', '',
  true, willing_date, %s, CASE WHEN ok THEN '[]' ELSE '[{"rule_code": "WL_SIZE"}]' END::jsonb, '[]', ''
FROM (
  SELECT DISTINCT ON (e.id) e.*, s.amount_yuan, s.term_months, s.purpose, s.willing_date,
    e.status = 'ACTIVE' AND e.size_class IN ('MEDIUM', 'SMALL', 'MICRO', 'INDIVIDUAL') AND e.established_date <= d.since
    AND NOT EXISTS (
      SELECT 1 FROM borrowers_creditrecord r JOIN borrowers_catalogueitem i ON i.id = r.item_id
      WHERE r.enterprise_id = e.id AND r.superseded_at IS NULL AND r.repaired_at IS NULL AND i.data_class = '08') AS ok
  FROM borrowers_enterprise e
  JOIN matching_whitelistentry s ON s.enterprise_id = e.id AND s.is_willing
  JOIN matching_whitelist w ON w.id = s.whitelist_id AND w.origin = 'UPLOADED' AND w.district_id = e.district_id
  CROSS JOIN (SELECT %s::date AS since) d
  WHERE e.district_id = %s
  ORDER BY e.id, s.willing_date DESC, s.id DESC
) e
"""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
