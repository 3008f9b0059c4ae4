"""From the commit of a correction to the score that shows it, beside a run over the whole register.

A register with penalties is evaluated and published; then penalties are repaired one at a time, each in a transaction
that asks for a re-score as the repair desk does. The time counted is from the commit until the enterprise's published
evaluation and its portrait, read again, show the change. A correction may take no more than a chunk of the run has as
fixed cost; its share of the run says what following corrections at once costs a month.

Run: ``python -m tests.performance.correction [enterprises [corrections]]``; on the database of ``DATABASE_URL``, in a
database of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from tests import environment

ENTERPRISES, CORRECTIONS = 3_000, 40


def main(enterprises: int, corrections: int) -> int:
    """Measure in a database of its own; 1 when a correction was not visible."""
    assert environment.prepare_environment is not None  # before the settings are read
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        return measured(enterprises, corrections)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measured(enterprises: int, corrections: int) -> int:
    """Evaluate everybody, then follow corrections one by one; print both."""
    from matching.services.evaluation import evaluation_publish, evaluation_run
    from tests.cast import NOW

    cast, subjects = prepared(enterprises)
    begun, clock = perf_counter(), process_time()
    run = evaluation_run(month=NOW.date(), actor=cast.operator, at=NOW)
    whole_wall, whole_cpu = perf_counter() - begun, process_time() - clock
    evaluation_publish(public_id=run.public_id, actor=cast.second_operator, at=NOW)
    chosen = subjects[:: max(len(subjects) // corrections, 1)][:corrections]
    walls, cpus, shown = [], [], 0
    for number, enterprise in enumerate(chosen):
        wall, cpu, is_shown = followed(enterprise, NOW + timedelta(minutes=number + 1))
        walls.append(wall * 1000)
        cpus.append(cpu * 1000)
        shown += is_shown
    tail = quantiles(walls, n=100, method="inclusive")[98]
    sys.stdout.write(
        f"{enterprises:,} 户,整批 cpu {whole_cpu:.1f} s  wall {whole_wall:.1f} s"
        f"(每户 {whole_cpu / run.evaluated * 1000:.2f} cpu-ms)\n"
        f"单户更正 {len(chosen)} 次:提交到画像与得分可见 p50 {median(walls):.0f} ms  p99 {tail:.0f} ms  "
        f"cpu {median(cpus):.0f} ms,为整批的 {median(cpus) / 1000 / whole_cpu:.4f} 倍\n"
        f"可见 {shown}/{len(chosen)}\n"
    )
    return 0 if shown == len(chosen) else 1


def prepared(enterprises: int) -> tuple[Any, list[Any]]:
    """A register of which everybody has one penalty, and the cast."""
    from borrowers.models import Enterprise
    from marketplace.domain.uscc import make
    from tests.cast import NOW, make_cast
    from tests.factories.deliveries import deliver, penalty_row, seed

    cast, before = make_cast(), NOW - timedelta(days=3)
    seed(before)
    codes = [make("91", "120103", f"MC{number:06}") for number in range(enterprises)]
    model = cast.enterprise
    made = [
        Enterprise(
            **{
                **_copied(model),
                "uscc": code,
                "name": f"天津示例{number}号有限公司",
            }
        )
        for number, code in enumerate(codes)
    ]
    Enterprise.objects.bulk_create(made, batch_size=1000)
    Enterprise.objects.update(created_at=before)
    subjects = list(Enterprise.objects.filter(uscc__in=codes).order_by("pk"))
    rows = [
        penalty_row(one, number=f"津示罚〔2026〕{index}号") for index, one in enumerate(subjects)
    ]
    deliver("PENALTY", "CREDIT_CENTER", rows, before)
    return cast, subjects


def _copied(model: Any) -> dict[str, Any]:
    left_out = {"id", "public_id"}
    return {
        field.attname: getattr(model, field.attname)
        for field in model._meta.concrete_fields
        if field.name not in left_out
    }


def followed(enterprise: Any, at: Any) -> tuple[float, float, bool]:
    """Seconds of wall and processor from the commit of one repair until it shows, and whether it does."""
    from django.db import transaction

    from borrowers.models import CreditRecord
    from marketplace.queue import enqueue
    from matching.domain.redaction import Audience
    from matching.selectors.evaluation import evaluation_reading

    before = evaluation_reading(enterprise, Audience.BORROWER)
    with transaction.atomic():
        CreditRecord.objects.filter(enterprise=enterprise).update(repaired_at=at)
        enqueue(
            "matching.evaluation_refresh",
            enterprise_id=enterprise.pk,
            cause="REPAIR",
            at=at.isoformat(),
        )
        begun, clock = perf_counter(), process_time()
    after = evaluation_reading(enterprise, Audience.BORROWER)
    portrait = _portrait(enterprise, at)
    wall, cpu = perf_counter() - begun, process_time() - clock
    raised = bool(before and after and (after.points or 0) > (before.points or 0))
    return wall, cpu, raised and portrait()


def _portrait(enterprise: Any, at: Any) -> Callable[[], bool]:
    from matching.domain.subject import ConsentFacts, DeclaredFacts
    from matching.selectors.portrait import portrait_build

    built = portrait_build(
        enterprise, consent=ConsentFacts.public_only(), declared=DeclaredFacts(), at=at
    )
    return lambda: any(
        entry.code == "penalties_12m" and entry.value == 0 for entry in built.indicators
    )


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    raise SystemExit(main(*[*numbers, *[ENTERPRISES, CORRECTIONS][len(numbers) :]]))
