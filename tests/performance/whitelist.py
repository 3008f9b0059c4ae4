"""A district's whitelist made of 730,000 enterprises, beside the bare statement it is measured against (PostgreSQL).

The limit is one INSERT..SELECT written by hand for this case: the district's enterprises with a statement of the latest
upload, eight gates in SQL, the same columns and reasons as text constants into the same table with its indexes. Ours
judges every enterprise by the readable gates, keeps the sentences why in and why out, seals the contact, writes the
audit. Both leave the same admitted enterprises, which is checked. CPU seconds are user and system time of this process
and of the server's backend.

Run: ``python -m tests.performance.whitelist [enterprises]``, with a PostgreSQL server at ``TEST_POSTGRES_URL``; it
makes and drops a database of its own.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any

from tests import environment, services
from tests.run import own_database

ENTERPRISES, SHARE = 730_000, 9
"""One enterprise in so many said it wants finance."""
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
TICKS = os.sysconf("SC_CLK_TCK")


def main(enterprises: int) -> int:
    """Measure and print the table; 0 when both forms admit the same."""
    if not services.has_postgresql():
        sys.stderr.write(f"没有 PostgreSQL:{services.POSTGRESQL.hint}\n")
        return 1
    assert environment.prepare_environment is not None
    os.environ["DATABASE_URL"] = own_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        return measure(enterprises)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


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


def measure(enterprises: int) -> int:
    """Fill the database, make lists in both forms, print the table."""
    from django.db import connection

    from matching.models import Whitelist, WhitelistEntry
    from matching.services.whitelist_generate import GenerationParameters, whitelist_generate
    from tests.cast import DISTRICTS, make_cast
    from tests.factories.whitelist import deliver_lists

    cast = make_cast()
    deliver_lists(NOW)
    fill(enterprises, cast)

    def ours(district: str, issue: str) -> Whitelist:
        return whitelist_generate(
            district=district,
            issue_no=issue,
            parameters=GenerationParameters(),
            actor=staff[district],
            at=NOW,
        )

    staff = staff_of(cast, DISTRICTS)
    limit, listed = cpu(lambda: by_hand("120103", "H1", cast))
    one, whitelist = cpu(lambda: ours("120103", "G1"))
    assert whitelist.admitted == listed, (whitelist.admitted, listed)
    codes = [code for code in DISTRICTS if code != "120103"]
    limits, _ = cpu(lambda: [by_hand(code, "H1", cast) for code in codes])
    all_ours, made = cpu(lambda: [ours(code, "G1") for code in codes])
    rows = sum(entry.rows_read for entry in made)
    page = WhitelistEntry.objects.filter(whitelist=whitelist).order_by("row_number")
    keyset, _ = cpu(lambda: [list(page.filter(row_number__gt=n)[:50]) for n in range(0, 2000, 50)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()")
        server = cursor.fetchone()[0].split(" on ")[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out = sys.stdout.write
    out(f"{enterprises:,} enterprises, 1 in {SHARE} willing; {server}; cores {os.cpu_count()}\n")
    out(f"{'form':52}{'rows':>9}{'cpu s':>9}{'us/row':>9}{'ratio':>8}\n")
    table = [
        ("one district, INSERT..SELECT by hand (the limit)", listed, limit, limit),
        ("one district, ours with all reasons", whitelist.rows_read, one, limit),
        ("15 districts, INSERT..SELECT by hand", rows, limits, limits),
        ("15 districts, ours with all reasons", rows, all_ours, limits),
    ]
    for words, count, seconds, against in table:
        ratio = seconds / against
        out(f"{words:52}{count:9,}{seconds:9.2f}{seconds / max(count, 1) * 1e6:9.0f}{ratio:8.2f}\n")
    out(f"a page of 50 by keyset: {keyset / 40 * 1000:.2f} ms CPU\npeak RSS {peak:.0f} MB\n")
    return 0


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
    '[{"rule_code": "WL_IDENTITY", "sentence": "统一社会信用代码有效,且在市场主体登记库中。"}, '
    '{"rule_code": "WL_STATUS", "sentence": "登记状态为“存续”。"}, '
    '{"rule_code": "WL_AGE", "sentence": "成立 120 个月,要求满 12 个月。"}]'
)


def by_hand(district: str, issue_no: str, cast: Any) -> int:
    """Make the list by one statement; return how many it admits."""
    from django.db import connection

    from matching.models import Whitelist

    whitelist = Whitelist.objects.create(
        district_id=district,
        issue_no=issue_no,
        title="手写语句",
        origin="GENERATED",
        created_by=cast.district_clerk,
        created_at=NOW,
        checked_at=NOW,
    )
    with connection.cursor() as cursor:
        cursor.execute(_BY_HAND, [whitelist.pk, PASSED, date(2025, 11, 23), district])
    return whitelist.entries.filter(status="ADMITTED").count()


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
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ENTERPRISES))
