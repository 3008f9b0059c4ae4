"""Loan products: written by one person of the institution, and changed until they are submitted.

A version that was submitted is never changed again: what an applicant saw can be shown as it was. Whoever changes a
draft last is its drafter, and the drafter never publishes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from lenders.domain.codes import (
    LONGEST_SUMMARY,
    check_product,
    checked_text,
    code_of,
)
from lenders.domain.product import PRODUCT_VERSION, ProductTerms, VersionState, check_terms
from lenders.domain.rule import RuleSpec, rule_to_json
from lenders.models import Institution, LoanProduct, ProductRule, ProductVersion
from lenders.policies import can_draft, require
from lenders.selectors import require_draft
from lenders.services.institution import require_admitted
from lenders.services.product_row import product_locked, product_record, version_locked
from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.text import clean
from marketplace.models import User


@transaction.atomic
def product_draft(
    *,
    institution: Institution,
    code: str,
    name: str,
    terms: ProductTerms,
    rules: Sequence[RuleSpec],
    summary: str,
    actor: User,
    at: datetime,
) -> ProductVersion:
    """Write a new product's first version.

    Args:
        institution: admitted.
        code: unique on the marketplace.
        name: unique within the institution.
        terms: checked by ``check_terms``.
        rules: their codes unique.
        summary: what the product is for, up to 500 characters.
        actor: officer or approver of the institution.
        at: when, aware.

    Raises:
        NotPermitted: the actor is not of the institution.
        Refused: ``PRODUCT_NAME_INVALID``, ``PRODUCT_TERMS_INVALID``, ``RULE_CODE_TAKEN`` with ``fields``.
        Conflict: ``PRODUCT_CODE_TAKEN``, ``PRODUCT_NAME_TAKEN``, ``INSTITUTION_NOT_ADMITTED``.

    Writes: ``LoanProduct``, ``ProductVersion`` in ``DRAFT``, ``ProductRule``, audit ``lenders.product.draft``.
    """
    require(can_draft(actor, institution))
    require_admitted(institution)
    code, name = code_of(code), clean(name)
    check_product(code=code, name=name)
    _require_free_name(institution, code, name)
    product = _entered(institution=institution, code=code, name=name, created_at=at)
    return _version_written(product, 1, terms, rules, summary, actor, at)


@transaction.atomic
def product_version_draft(
    *,
    product: LoanProduct,
    terms: ProductTerms,
    rules: Sequence[RuleSpec],
    summary: str,
    actor: User,
    at: datetime,
) -> ProductVersion:
    """Write the next version of a product; the published one stays on the shelf until this one is published.

    Raises:
        NotPermitted: the actor is not of the institution.
        Refused: ``PRODUCT_TERMS_INVALID``, ``RULE_CODE_TAKEN`` with ``fields``.
        Conflict: ``VERSION_OPEN`` when a draft or a version under review is there, ``INSTITUTION_NOT_ADMITTED``.

    Writes: ``ProductVersion`` in ``DRAFT``, ``ProductRule``, audit ``lenders.product.draft``; locks the product.
    """
    row = product_locked(product)
    require(can_draft(actor, row.institution))
    require_admitted(row.institution)
    latest = ProductVersion.objects.filter(product=row).order_by("-number").first()
    if latest and latest.state in (VersionState.DRAFT, VersionState.PENDING_REVIEW):
        words = latest.get_state_display()
        raise Conflict("VERSION_OPEN", f"第 {latest.number} 版为“{words}”，请先完成该版本。")
    number = latest.number + 1 if latest else 1
    return _version_written(row, number, terms, rules, summary, actor, at)


@transaction.atomic
def product_version_edit(
    *,
    version: ProductVersion,
    terms: ProductTerms,
    summary: str,
    actor: User,
    at: datetime,
) -> ProductVersion:
    """Change a draft's terms; the actor becomes its drafter.

    Raises:
        NotPermitted: the actor is not of the institution.
        Refused: ``PRODUCT_TERMS_INVALID`` with ``fields``.
        TransitionRefused: ``VERSION_NOT_DRAFT``, it was submitted already.

    Writes: ``ProductVersion``, audit ``lenders.product.edit``; locks product and version.
    """
    row = _editable(version, actor)
    for field, value in _columns(check_terms(terms)).items():
        setattr(row, field, value)
    row.summary = checked_text("summary", summary, LONGEST_SUMMARY)
    row.save(update_fields=[*_columns(terms), "summary"])
    _touched(row, "edit", actor, at)
    return row


@transaction.atomic
def product_rule_add(
    *, version: ProductVersion, rule: RuleSpec, actor: User, at: datetime
) -> ProductVersion:
    """Add an admission rule to a draft; the actor becomes its drafter.

    Raises:
        NotPermitted: the actor is not of the institution.
        Refused: ``RULE_CODE_TAKEN`` with ``code``.
        TransitionRefused: ``VERSION_NOT_DRAFT``.

    Writes: ``ProductRule``, audit ``lenders.product.rule_add``; locks product and version.
    """
    row = _editable(version, actor)
    _require_free_codes([*row.rules.values_list("code", flat=True), rule.code])
    ProductRule.objects.create(version=row, **rule_to_json(rule))
    _touched(row, "rule_add", actor, at, rule=rule.code)
    return row


@transaction.atomic
def product_rule_change(
    *, version: ProductVersion, rule: RuleSpec, actor: User, at: datetime
) -> ProductVersion:
    """Replace the admission rule of the same code in a draft; the actor becomes its drafter.

    Raises:
        NotPermitted: the actor is not of the institution.
        Conflict: ``RULE_GONE``, there is no such rule any more.
        TransitionRefused: ``VERSION_NOT_DRAFT``.

    Writes: ``ProductRule``, audit ``lenders.product.rule_change``; locks product and version.
    """
    row = _editable(version, actor)
    if not ProductRule.objects.filter(version=row, code=rule.code).update(**rule_to_json(rule)):
        raise _gone()
    _touched(row, "rule_change", actor, at, rule=rule.code)
    return row


def _gone() -> Conflict:
    return Conflict("RULE_GONE", "该规则已不存在，请刷新页面。")


@transaction.atomic
def product_rule_remove(
    *, version: ProductVersion, code: str, actor: User, at: datetime
) -> ProductVersion:
    """Take an admission rule out of a draft; the actor becomes its drafter.

    Raises:
        NotPermitted: the actor is not of the institution.
        Conflict: ``RULE_GONE``, there is no such rule any more.
        TransitionRefused: ``VERSION_NOT_DRAFT``.

    Writes: ``ProductRule``, audit ``lenders.product.rule_remove``; locks product and version.
    """
    row = _editable(version, actor)
    removed, _ = ProductRule.objects.filter(version=row, code=code).delete()
    if not removed:
        raise _gone()
    _touched(row, "rule_remove", actor, at, rule=code)
    return row


def _version_written(
    product: LoanProduct,
    number: int,
    terms: ProductTerms,
    rules: Iterable[RuleSpec],
    summary: str,
    actor: User,
    at: datetime,
) -> ProductVersion:
    columns, specs = _columns(check_terms(terms)), list(rules)
    _require_free_codes([rule.code for rule in specs])
    version = ProductVersion.objects.create(
        product=product,
        number=number,
        state=PRODUCT_VERSION.initial,
        summary=checked_text("summary", summary, LONGEST_SUMMARY),
        drafted_by=actor,
        drafted_at=at,
        **columns,
    )
    ProductRule.objects.bulk_create(
        ProductRule(version=version, **rule_to_json(rule)) for rule in specs
    )
    product_record(version, "draft", actor, at)
    return version


def _columns(terms: ProductTerms) -> dict[str, Any]:
    """Return terms as columns of a version: the names are the same, lists are stored as JSON."""
    return {
        field: list(value) if isinstance(value, tuple) else value
        for field, value in asdict(terms).items()
    }


def _editable(version: ProductVersion, actor: User) -> ProductVersion:
    row = version_locked(version)
    require(can_draft(actor, row.product.institution))
    require_draft(row)
    return row


def _touched(row: ProductVersion, verb: str, actor: User, at: datetime, **payload: object) -> None:
    row.drafted_by, row.drafted_at = actor, at
    row.save(update_fields=["drafted_by", "drafted_at"])
    product_record(row, verb, actor, at, **payload)


def _entered(**columns: Any) -> LoanProduct:
    """Insert the row; somebody else may have taken code or name since they were looked up."""
    try:
        with transaction.atomic():
            return LoanProduct.objects.create(**columns)
    except IntegrityError as taken:
        raise _code_taken() from taken


def _code_taken() -> Conflict:
    sentence = "该产品代码已被使用，请换一个。"
    return Conflict("PRODUCT_CODE_TAKEN", sentence, {"code": sentence})


def _require_free_name(institution: Institution, code: str, name: str) -> None:
    if LoanProduct.objects.filter(code=code).exists():
        raise _code_taken()
    if LoanProduct.objects.filter(institution=institution, name=name).exists():
        sentence = "本机构已有同名产品。"
        raise Conflict("PRODUCT_NAME_TAKEN", sentence, {"name": sentence})


def _require_free_codes(codes: Sequence[str]) -> None:
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        sentence = f"规则代码重复：{'、'.join(repeated)[:80]}。"
        raise Refused("RULE_CODE_TAKEN", sentence, {"code": sentence})
