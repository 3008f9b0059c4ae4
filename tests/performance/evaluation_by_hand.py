"""DuckDB SQL for the scorecard's indicators, written by hand table by table: the limit of the evaluation.

Only the points and grades are written out from the model, as nobody would write a hundred CASE lines twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from borrowers.domain.archive import day_number, moment_number
from marketplace.domain.period import add_months, month_start
from matching.domain.declaration import IndicatorDeclaration, declarations_on
from matching.domain.evaluation_lines import scored_codes
from matching.domain.scorecard_model import Bin, ScoreModel
from matching.scoring.points import SCALED

# item -> code -> condition, value expression ("" counts), kind of a missing value (0: none is zero)
COUNTED: dict[str, dict[str, str]] = {
    "REGISTRATION_CHANGE": {"registration_changes_12m": "day >= {w12}"},
    "PENALTY": {
        "penalties_12m": "day >= {w12} AND {mild}",
        "penalties_24m": "day >= {w24} AND {mild}",
        "serious_penalties_36m": "day >= {w36} AND (CF_DJ = '严重' OR CF_CFLB IN "
        "('吊销许可证件', '责令关闭', '限制从业')) AND (CF_GSJZQ IS NULL OR CF_GSJZQ >= {d})",
    },
    "JUDGMENT": {"judgments_defendant_24m": "day >= {w24} AND role = '被告'"},
    "COERCION": {"coercion_open_count": "(lifted_date IS NULL OR lifted_date > {d})"},
    "ENFORCEMENT": {
        "enforcement_open_count": "coalesce(status, '') <> '已结案' AND "
        "(closed_date IS NULL OR closed_date > {d})"
    },
    "CREDIT_COMMITMENT": {"commitments_broken_36m": "day >= {w36} AND fulfilment = '违背承诺'"},
    "CONTRACT_PERFORMANCE": {"contracts_failed_36m": "day >= {w36} AND result = '违约'"},
    "INNOVATION_QUALIFICATION": {
        "innovation_titles_count": "(expires_date IS NULL OR expires_date >= {d})"
    },
    "PATENT": {
        "patents_count": "status = '有效' AND (expires_date IS NULL OR expires_date >= {d})"
    },
    "HONOR": {"honors_36m": "day >= {w36}"},
    "REWARD": {"rewards_36m": "day >= {w36}"},
    "ABNORMAL_LIST": {
        "abnormal_listed": "(removed_date IS NULL OR removed_date > {d})",
        "abnormal_listings_36m": "day >= {w36}",
    },
    "TAX_ABNORMAL": {"tax_abnormal": "(lifted_date IS NULL OR lifted_date > {d})"},
    "DISHONEST_DEBTOR": {"dishonest_debtor": "(removed_date IS NULL OR removed_date > {d})"},
    "INSPECTION": {
        "inspections_failed_24m": "day >= {w24} AND result IN "
        "('发现问题待整改', '查无下落', '不配合检查')"
    },
}
MILD = (
    "coalesce(CF_DJ, '') <> '轻微' AND coalesce(CF_CFLB, '') NOT IN ('警告', '通报批评') "
    "AND (CF_GSJZQ IS NULL OR CF_GSJZQ >= {d})"
)
FLAGS = ("abnormal_listed", "tax_abnormal", "dishonest_debtor", "serious_breach")
MONTHS = {
    "tax_months_paid_12m": "TAX_PAYMENT",
    "social_insurance_months_paid_12m": "SOCIAL_INSURANCE",
    "housing_fund_months_paid_12m": "HOUSING_FUND",
}
LATEST = {
    "tax_rating": ("TAX_RATING", "grade", "day >= {w24}"),
    "customs_rating": (
        "CUSTOMS_RATING",
        "grade",
        "(expires_date IS NULL OR expires_date >= {d})",
    ),
    "environment_rating": (
        "ENVIRONMENT_RATING",
        "grade",
        "day >= {w24} AND (expires_date IS NULL OR expires_date >= {d})",
    ),
    "social_insured_count": ("SOCIAL_INSURANCE", "headcount", "day >= {w6}"),
}


class _Sql:
    def __init__(self, folder: Path, day: date, at: datetime) -> None:
        first = month_start(day)
        self.folder = folder
        self.known = moment_number(at)
        self.names = {"d": day_number(day), "m0": day_number(first)}
        self.names |= {f"w{n}": day_number(add_months(first, -n)) for n in (6, 12, 24, 36)}

    def fill(self, text: str) -> str:
        return text.replace("{mild}", MILD).format(**self.names)

    def rows(self, item: str) -> str:
        return (
            f"(FROM '{self.folder}/{item}.parquet' WHERE day <= {self.names['d']} AND received <= {self.known} "
            f"AND (superseded IS NULL OR superseded > {self.known}) "
            f"AND (repaired IS NULL OR repaired > {self.known}))"
        )

    def counted(self, item: str, conditions: dict[str, str]) -> str:
        columns = []
        for code, condition in conditions.items():
            where = self.fill(condition)
            value = f"count(*) FILTER (WHERE {where})"
            if code in FLAGS:
                value = f"(count(*) FILTER (WHERE {where}) > 0)::INT"
            columns += [f"{value} AS v_{code}", f"max(day) FILTER (WHERE {where}) AS l_{code}"]
        return f"SELECT ent_id, {', '.join(columns)} FROM {self.rows(item)} GROUP BY ent_id"

    def months(self, code: str, item: str) -> str:
        where = self.fill("day >= {w12} AND day < {m0} AND paid_yuan > 0")
        return (
            f"SELECT ent_id, count(DISTINCT ym) FILTER (WHERE {where}) AS v_{code}, "
            f"max(day) FILTER (WHERE {where}) AS l_{code} FROM {self.rows(item)} GROUP BY ent_id"
        )

    def latest(self, code: str, item: str, field: str, condition: str) -> str:
        where = self.fill(f"{condition} AND {field} IS NOT NULL")
        place = "day::BIGINT * 70368744177664 + tie"
        return (
            f"SELECT ent_id, arg_max({field}, {place}) AS v_{code}, max(day) AS l_{code} "
            f"FROM {self.rows(item)} WHERE {where} GROUP BY ent_id"
        )


def hand_written(folder: Path, day: date, at: datetime, model: ScoreModel) -> str:
    """The whole statement over the files of the folder."""
    sql = _Sql(folder, day, at)
    parts = {item: sql.counted(item, conditions) for item, conditions in COUNTED.items()}
    parts |= {f"m_{code}": sql.months(code, item) for code, item in MONTHS.items()}
    parts |= {f"n_{code}": sql.latest(code, *how) for code, how in LATEST.items()}
    listed = ("SERIOUS_VIOLATION_LIST", "SERIOUS_BREACH_LIST", "TAX_MAJOR_VIOLATION")
    union = " UNION ALL ".join(
        f"SELECT ent_id, day, removed_date FROM {sql.rows(i)}" for i in listed
    )
    open_now = sql.fill("removed_date IS NULL OR removed_date > {d}")
    parts["serious"] = (
        f"SELECT ent_id, (count(*) FILTER (WHERE {open_now}) > 0)::INT AS v_serious_breach, "
        f"max(day) FILTER (WHERE {open_now}) AS l_serious_breach FROM ({union}) GROUP BY ent_id"
    )
    bills = " UNION ALL ".join(
        f"SELECT ent_id, day, arrears_yuan FROM {sql.rows(item)}"
        for item in ("WATER_BILL", "POWER_BILL", "GAS_BILL")
    )
    owing = sql.fill("day >= {w12} AND arrears_yuan > 0")
    parts["bills"] = (
        f"SELECT ent_id, count(*) FILTER (WHERE {owing}) AS v_utility_arrears_count, "
        f"max(day) FILTER (WHERE {owing}) AS l_utility_arrears_count FROM ({bills}) GROUP BY ent_id"
    )
    uncleared = sql.fill("cleared_date IS NULL OR cleared_date > {d}")
    parts["owed"] = (
        f"SELECT ent_id, sum(arrears_yuan) FILTER (WHERE {uncleared}) AS v_social_insurance_arrears_yuan, "
        f"max(day) FILTER (WHERE {uncleared}) AS l_social_insurance_arrears_yuan "
        f"FROM {sql.rows('SOCIAL_INSURANCE_ARREARS')} GROUP BY ent_id"
    )
    parts["arrears"] = (
        f"SELECT ent_id, sum(balance) FILTER (WHERE {uncleared}) AS v_tax_arrears_yuan, "
        f"max(day) FILTER (WHERE {uncleared}) AS l_tax_arrears_yuan FROM (SELECT ent_id, tax_kind, "
        "arg_max(balance_yuan, day::BIGINT * 70368744177664 + tie) AS balance, "
        "arg_max_null(cleared_date, day::BIGINT * 70368744177664 + tie) AS cleared_date, max(day) AS day "
        f"FROM {sql.rows('TAX_ARREARS')} GROUP BY ent_id, tax_kind) GROUP BY ent_id"
    )
    return _scored(folder, parts, model, day)


def _scored(folder: Path, parts: dict[str, str], model: ScoreModel, day: date) -> str:
    ctes = ", ".join(f'"{name}" AS ({text})' for name, text in parts.items())
    joins = " ".join(f'LEFT JOIN "{name}" USING (ent_id)' for name in parts)
    declared = {entry.code: entry for entry in declarations_on(day)}
    values = []
    for code in scored_codes(model):
        if declared[code].absence == "ZERO":
            values.append(f"coalesce(v_{code}, 0)::BIGINT AS v_{code}, l_{code}")
        elif declared[code].kind == "TEXT":
            values.append(f"v_{code}, l_{code}")
        else:
            values.append(f"v_{code}::BIGINT AS v_{code}, l_{code}")
    points = [
        f"CASE WHEN v_{line.indicator} IS NULL THEN 0 "
        + " ".join(_when(entry, line.indicator, declared) for entry in line.bins)
        + f" ELSE 0 END AS p_{line.indicator}"
        for line in model.lines
    ]
    sides = [
        f"least(greatest({model.base_of(side)} + "
        + " + ".join(f"p_{x.indicator}" for x in model.lines if x.dimension == side.code)
        + f", 0), {model.max_of(side)})"
        for side in model.dimensions
    ]
    total = " + ".join(sides)
    for floor in model.floors:
        total = f"CASE WHEN v_{floor.indicator} = 1 THEN least({total}, {floor.cap_points}) ELSE {total} END"
    grades = " ".join(f"WHEN total >= {begins} THEN '{grade}'" for grade, begins in model.grades)
    own = ", ".join(f"v_{code}, l_{code}" for code in scored_codes(model))
    shown = ", ".join(f"p_{line.indicator}" for line in model.lines)
    return (
        f"WITH {ctes}, wide AS (SELECT ent_id, is_scored, {', '.join(values)} "
        f"FROM '{folder}/enterprises.parquet' {joins}), "
        f"lined AS (SELECT *, {', '.join(points)} FROM wide), "
        f"summed AS (SELECT *, {total} AS total FROM lined) "
        f"SELECT ent_id, {own}, {shown}, CASE WHEN is_scored = 1 THEN total END AS points, "
        f"CASE WHEN is_scored = 1 THEN CASE {grades} END ELSE '' END AS grade FROM summed"
    )


def _when(entry: Bin, code: str, declared: Mapping[str, IndicatorDeclaration]) -> str:
    if entry.is_rest:
        return f"WHEN TRUE THEN {entry.points}"
    if entry.codes:
        if code in FLAGS:
            wanted = ", ".join("1" if name == "YES" else "0" for name in entry.codes)
        else:
            wanted = ", ".join(f"'{name}'" for name in entry.codes)
        return f"WHEN v_{code} IN ({wanted}) THEN {entry.points}"
    scaled = declared[code].kind in SCALED
    return f"WHEN v_{code} < {entry.below} * {100 if scaled else 1} THEN {entry.points}"
