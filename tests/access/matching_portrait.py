"""Who may do what with portraits, evaluations and parameters."""

from __future__ import annotations

from datetime import timedelta

from matching.domain.scorecard_diff import text_of_model
from matching.models import EvaluationRun
from matching.services.parameter import parameter_enter
from tests.access import (
    CITY,
    ENTERPRISE,
    LENDER,
    OPERATORS,
    RIVAL_ENTERPRISE,
    Call,
    Row,
    World,
    each,
    members,
)
from tests.factories.matching import make_application
from tests.factories.score_models import SOURCE, harsher, make_draft, make_tried

AUDITOR = members("auditor")
DEMAND_DAYS = "demand.validity_days"


# --- What requests need ---------------------------------------------------------------------------


def run_in(world: World, state: str) -> Call:
    run = EvaluationRun.objects.create(
        month=world.at.date().replace(day=1),
        as_of=world.at,
        model_version="public_credit@2015-01-01",
        state=state,
        started_by=world.cast.operator,
        started_at=world.at,
    )
    return Call({"public_id": run.public_id})


def with_running(world: World) -> Call:
    return run_in(world, "RUNNING")


def with_completed(world: World) -> Call:
    return run_in(world, "COMPLETED")


def with_month(world: World) -> Call:
    return Call(body={"month": world.at.date().replace(day=1).isoformat()})


def with_parameter(world: World) -> Call:
    return Call({"code": DEMAND_DAYS})


def with_value(world: World) -> Call:
    day = (world.at + timedelta(days=30)).date().isoformat()
    return Call({"code": DEMAND_DAYS}, {"effective_from": day, "value": "60", "source": "示例决定"})


def with_coming_value(world: World) -> Call:
    day = (world.at + timedelta(days=30)).date()
    parameter_enter(
        code=DEMAND_DAYS,
        effective_from=day,
        value=60,
        source="示例决定",
        actor=world.cast.operator,
        at=world.at,
    )
    return Call({"code": DEMAND_DAYS}, {"effective_from": day.isoformat(), "reason": "录错"})


def with_model(world: World) -> Call:
    return Call(body={"value": text_of_model(harsher(world.at)), "source": SOURCE})


def with_draft(world: World) -> Call:
    return Call({"public_id": make_draft(world.cast, world.at).public_id})


def with_revision(world: World) -> Call:
    return Call(with_draft(world).kwargs, with_model(world).body)


def with_tried(world: World) -> Call:
    day = (world.at + timedelta(days=30)).date().isoformat()
    row = make_tried(world.cast, world.at)
    return Call({"public_id": row.public_id}, {"effective_from": day})


def with_accepted(world: World) -> Call:
    return Call({"public_id": make_application(world.cast, "ACCEPTED", at=world.at).public_id})


# --- The rows -------------------------------------------------------------------------------------


PORTRAITS = [
    *each(
        ["matching:portrait-own", "api:portrait-own"],
        allowed=ENTERPRISE | RIVAL_ENTERPRISE,
    ),
    Row("matching:application-portrait", allowed=ENTERPRISE, make=with_accepted),
    Row(
        "api:application-portrait",
        allowed=LENDER,
        make=with_accepted,
    ),
]

EVALUATIONS = [
    *each(["matching:evaluation-list", "api:evaluation-list"], allowed=CITY, stranger=403),
    *each(
        ["matching:evaluation-list", "api:evaluation-list"],
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_month,
    ),
    *each(
        ["matching:evaluation-detail", "matching:evaluation-progress", "api:evaluation-detail"],
        allowed=CITY,
        make=with_completed,
    ),
    *each(
        ["matching:evaluation-resume", "api:evaluation-resume"],
        "POST",
        allowed=OPERATORS,
        refused=AUDITOR,
        make=with_running,
    ),
    *(
        Row(
            name,
            "POST",
            allowed=members("second_operator"),
            refused=AUDITOR,
            otherwise={"operator": own},
            make=with_completed,
        )
        for name, own in (("matching:evaluation-publish", 422), ("api:evaluation-publish", 400))
    ),
]

SCORE_MODELS = [
    *each(["matching:score-model-list", "api:score-model-list"], allowed=CITY, stranger=403),
    *each(
        ["matching:score-model-list", "api:score-model-list"],
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_model,
    ),
    *each(
        [
            "matching:score-model-detail",
            "matching:score-model-content",
            "api:score-model-detail",
        ],
        allowed=CITY,
        make=with_draft,
    ),
    *each(
        ["matching:score-model-detail", "api:score-model-detail"],
        "POST",
        allowed=OPERATORS,
        refused=AUDITOR,
        make=with_revision,
    ),
    *each(
        [
            "matching:score-model-try",
            "matching:score-model-withdraw",
            "api:score-model-try",
            "api:score-model-withdraw",
        ],
        "POST",
        allowed=OPERATORS,
        refused=AUDITOR,
        make=with_draft,
    ),
    *(
        Row(
            name,
            "POST",
            allowed=members("second_operator"),
            refused=AUDITOR,
            otherwise={"operator": own},
            make=with_tried,
        )
        for name, own in (("matching:score-model-approve", 422), ("api:score-model-approve", 400))
    ),
]

PARAMETERS = [
    *each(["matching:parameter-list", "api:parameter-list"], allowed=CITY, stranger=403),
    *each(
        ["matching:parameter-detail", "api:parameter-detail"],
        allowed=CITY,
        stranger=403,
        make=with_parameter,
    ),
    *each(
        ["matching:parameter-detail", "api:parameter-detail"],
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_value,
    ),
    Row(
        "matching:parameter-withdraw",
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_coming_value,
    ),
]

GAPS = each(["matching:gap-list", "api:gap-list"], allowed=CITY, stranger=403)

ROWS = [*GAPS, *PORTRAITS, *EVALUATIONS, *SCORE_MODELS, *PARAMETERS]
