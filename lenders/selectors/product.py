"""Reads of loan products: the public shelf, and the versions behind it for those who write and check them.

What is on the shelf follows from the dates of the versions, never from a nightly job: a version is on it from
``effective_from`` up to but without ``effective_until``, as long as its institution is admitted.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db.models import Prefetch, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from lenders.domain.feature import FEATURES
from lenders.domain.product import ProductTerms, VersionState
from lenders.domain.rule import RuleSpec, rule_from_json, rules_in_force, validate_rule
from lenders.domain.shelf import ShelfFilter, answers, compared
from lenders.models import Institution, LoanProduct, ProductRule, ProductVersion
from lenders.policies import can_draft, require, visible_products, visible_versions
from marketplace.domain.errors import NotFound, TransitionRefused
from marketplace.domain.vocabulary import DataClass
from marketplace.policies import Reader

EVERYTHING = ShelfFilter()
RULES_KEPT = 4_096
_published_rules: dict[tuple[uuid.UUID, datetime | None], tuple[RuleSpec, ...]] = {}
"""Rules of versions by public id and moment of publication: they never change again, and what was read of a
publication that came to nothing is not taken for those of the next."""


@dataclass(frozen=True)
class PublishedProduct:
    """A product as it stands on the shelf.

    Attributes:
        version, product, institution: rows, the institution with its organisation at hand.
        terms: the version's terms.
        rules: all rules of the version, also those not in force yet or any more.
    """

    version: ProductVersion
    product: LoanProduct
    institution: Institution
    terms: ProductTerms
    rules: tuple[RuleSpec, ...]

    def rules_on(self, on: date) -> tuple[RuleSpec, ...]:
        """Return the rules that hold on a date."""
        return rules_in_force(self.rules, on)

    def data_classes_on(self, on: date) -> tuple[DataClass, ...]:
        """Return the data classes whose consent the rules of a date ask for, in the order of the list."""
        return data_classes_of(self.rules_on(on))


def data_classes_of(rules: Iterable[RuleSpec]) -> tuple[DataClass, ...]:
    """Return the data classes whose consent rules ask for, in the order of the shared list."""
    asked = {FEATURES[rule.feature].data_class for rule in rules}
    return tuple(data_class for data_class in DataClass if data_class in asked)


def terms_of(version: ProductVersion) -> ProductTerms:
    """Return a version's terms as plain values. Queries: none."""
    return ProductTerms(
        amount_min_yuan=version.amount_min_yuan,
        amount_max_yuan=version.amount_max_yuan,
        term_min_months=version.term_min_months,
        term_max_months=version.term_max_months,
        annual_rate_min_bp=version.annual_rate_min_bp,
        annual_rate_max_bp=version.annual_rate_max_bp,
        all_in_rate_max_bp=version.all_in_rate_max_bp,
        guarantees=tuple(version.guarantees),
        purposes=tuple(version.purposes),
        repayments=tuple(version.repayments),
        fee_rate_bp=version.fee_rate_bp,
        district_codes=tuple(version.district_codes),
        decision_days=version.decision_days,
    )


def rules_of(version: ProductVersion) -> tuple[RuleSpec, ...]:
    """Return a version's rules as plain values, in the order in which they were entered.

    Queries: one; none when they are at hand, or for a published version whose rules this process has read before.
    """
    if "rules" in getattr(version, "_prefetched_objects_cache", ()):
        return tuple(_spec(row) for row in version.rules.all())
    return _rules_by_version([version])[version.public_id]


def published_of(version: ProductVersion) -> PublishedProduct:
    """Return a version with everything about it, e.g. the one an application was made for.

    Queries: as `rules_of`, when product, institution and organisation are at hand.
    """
    product = version.product
    return PublishedProduct(
        version, product, product.institution, terms_of(version), rules_of(version)
    )


def published_all(versions: Iterable[ProductVersion]) -> list[PublishedProduct]:
    """Return what `published_of` returns for each of many versions, their rules read as plain values.

    Queries: as `rules_of`, when product, institution and organisation are at hand.
    """
    wanted = list(versions)
    rules = _rules_by_version(wanted)
    return [
        PublishedProduct(
            version,
            version.product,
            version.product.institution,
            terms_of(version),
            rules[version.public_id],
        )
        for version in wanted
    ]


def product_published_list(
    at: datetime, filters: ShelfFilter = EVERYTHING
) -> list[PublishedProduct]:
    """Return what is on the shelf at a moment and answers the filter, cheapest stated all-in rate first.

    Args:
        at: past moments give the shelf of then, of today's admitted institutions.
        filters: what the visitor asks.

    Queries: two, one more while there are rules this process has not read; an institution is one row however many
        products it has.
    """
    on = timezone.localtime(at).date()
    order = ("all_in_rate_max_bp", "product__code")
    institutions = Institution.objects.select_related("organisation")
    versions = (
        _in_force(at)
        .select_related("product")
        .prefetch_related(Prefetch("product__institution", queryset=institutions))
    )
    if filters.institution:
        named = Q(product__institution__organisation__name__contains=filters.institution)
        versions = versions.filter(named | Q(product__institution__code=filters.institution))
    found = published_all(versions.order_by(*order))
    return [item for item in found if answers(item.terms, item.rules, filters, on)]


def product_published_of(institution: Institution, at: datetime) -> list[PublishedProduct]:
    """Return what one institution has on the shelf at a moment, cheapest stated all-in rate first.

    Queries: two.
    """
    found = _on_shelf(at).filter(product__institution=institution)
    return published_all(found.order_by("all_in_rate_max_bp", "product__code"))


def product_get_published(public_id: uuid.UUID, at: datetime) -> PublishedProduct:
    """Return a product that is on the shelf at a moment.

    Raises:
        NotFound: there is none such, or it is not published.

    Queries: two.
    """
    version = _on_shelf(at).filter(product__public_id=public_id).first()
    if version is None:
        raise NotFound
    return published_of(version)


def product_compare(public_ids: Sequence[uuid.UUID], at: datetime) -> list[PublishedProduct]:
    """Return up to four products on the shelf in the order asked for; repeated ones once.

    Raises:
        Refused: ``COMPARE_TOO_MANY``.
        NotFound: one of them is not on the shelf.

    Queries: two.
    """
    wanted = compared(public_ids)
    chosen = _on_shelf(at).filter(product__public_id__in=wanted)
    found = {item.product.public_id: item for item in published_all(chosen)}
    if len(found) != len(wanted):
        raise NotFound
    return [found[public_id] for public_id in wanted]


def product_counts(at: datetime) -> Counter[int]:
    """Return how many products each institution has on the shelf, by the institution's primary key.

    Queries: one.
    """
    return Counter(_in_force(at).values_list("product__institution_id", flat=True))


def product_list(user: Reader, institution: Institution | None = None) -> QuerySet[LoanProduct]:
    """Return the products whose drafts the reader may see, by institution and code, versions at hand, latest first.

    Queries: two when iterated, after that for the memberships.
    """
    found = visible_products(user).select_related("institution__organisation")
    if institution is not None:
        found = found.filter(institution=institution)
    versions = ProductVersion.objects.select_related("drafted_by").order_by("-number")
    return found.order_by("institution__code", "code").prefetch_related(
        Prefetch("versions", queryset=versions)
    )


def product_list_in_state(
    user: Reader, state: str, institution: Institution | None = None
) -> QuerySet[LoanProduct]:
    """Return the products that have a version in a state, as `product_list` does."""
    found = product_list(user, institution)
    if not state:
        return found
    with_state = ProductVersion.objects.filter(state=state).values("product")
    return found.filter(pk__in=with_state)


def product_get(user: Reader, public_id: uuid.UUID) -> LoanProduct:
    """Return a product whose drafts the reader may see.

    Raises:
        NotFound: there is none such for the reader.

    Queries: two, after that for the memberships.
    """
    product = product_list(user).filter(public_id=public_id).first()
    if product is None:
        raise NotFound
    return product


def version_get(user: Reader, public_id: uuid.UUID) -> ProductVersion:
    """Return a version of any state that the reader may see, with its product, people and rules.

    Raises:
        NotFound: there is none such for the reader.

    Queries: two, after that for the memberships.
    """
    found = visible_versions(user).select_related(
        "product__institution__organisation", "drafted_by", "reviewed_by", "withdrawn_by"
    )
    version = found.prefetch_related("rules").filter(public_id=public_id).first()
    if version is None:
        raise NotFound
    return version


def version_editable(user: Reader, public_id: uuid.UUID) -> ProductVersion:
    """Return a draft that the reader may change, as `version_get` does.

    Raises:
        NotFound: there is none such for the reader.
        NotPermitted: the reader may see it but is not of the institution.
        TransitionRefused: ``VERSION_NOT_DRAFT``.

    Queries: two, after that for the memberships.
    """
    version = version_get(user, public_id)
    require(can_draft(user, version.product.institution))
    require_draft(version)
    return version


def require_draft(version: ProductVersion) -> None:
    """Refuse what only a draft allows.

    Raises:
        TransitionRefused: ``VERSION_NOT_DRAFT``.
    """
    if version.state != VersionState.DRAFT:
        sentence = f"该版本为“{version.get_state_display()}”，不能修改；请另起新版本。"
        raise TransitionRefused(version.state, "EDIT", sentence, code="VERSION_NOT_DRAFT")


def version_before(version: ProductVersion) -> ProductVersion | None:
    """Return the latest earlier version that was ever published, for comparing. Queries: at most two."""
    earlier = ProductVersion.objects.filter(
        product=version.product_id, number__lt=version.number, effective_from__isnull=False
    )
    return earlier.prefetch_related("rules").order_by("-number").first()


def version_latest(product: LoanProduct, *states: VersionState) -> ProductVersion | None:
    """Return the product's latest version, of the states if any are named, with its rules.

    Queries: at most two.
    """
    found = ProductVersion.objects.filter(product=product)
    if states:
        found = found.filter(state__in=states)
    return found.prefetch_related("rules").order_by("-number").first()


def rule_code_free(version: ProductVersion, feature: str) -> str:
    """Return a code for a new rule about a feature that no rule of the version has yet.

    Queries: none when the rules are at hand, else one.
    """
    taken = {row.code for row in version.rules.all()}
    base = feature.upper()[:44]
    numbered = (f"{base}_{count}" for count in range(2, len(taken) + 3))
    return next(code for code in (base, *numbered) if code not in taken)


def _on_shelf(at: datetime) -> QuerySet[ProductVersion]:
    return _in_force(at).select_related("product__institution__organisation")


def _in_force(at: datetime) -> QuerySet[ProductVersion]:
    not_ended = Q(effective_until=None) | Q(effective_until__gt=at)
    return ProductVersion.objects.filter(
        not_ended, effective_from__lte=at, product__institution__state="ADMITTED"
    )


def _rules_by_version(
    versions: Sequence[ProductVersion],
) -> dict[uuid.UUID, tuple[RuleSpec, ...]]:
    """Return the rules of some versions by public id, each version's in the order in which they were entered."""
    found = {
        version.public_id: _published_rules[version.public_id, version.reviewed_at]
        for version in versions
        if (version.public_id, version.reviewed_at) in _published_rules
    }
    missing = [version for version in versions if version.public_id not in found]
    if not missing:
        return found
    read = _rules_read([version.pk for version in missing])
    for version in missing:
        found[version.public_id] = rules = tuple(read[version.pk])
        if version.effective_from is not None and version.reviewed_at is not None:
            if len(_published_rules) >= RULES_KEPT:
                _published_rules.clear()
            _published_rules[version.public_id, version.reviewed_at] = rules
    return found


def _rules_read(pks: Sequence[int]) -> defaultdict[int, list[RuleSpec]]:
    found: defaultdict[int, list[RuleSpec]] = defaultdict(list)
    rows = ProductRule.objects.filter(version__in=pks).order_by("version_id", "id")
    text = Cast("value", TextField())
    columns = (
        "version_id",
        "code",
        "feature",
        "operator",
        text,
        "effective_from",
        "effective_until",
    )
    for pk, *values in rows.values_list(*columns):
        found[pk].append(_rule_read(*values))
    return found


@lru_cache(maxsize=16_384)
def _rule_read(
    code: str, feature: str, operator: str, text: str, begin: date, end: date | None
) -> RuleSpec:
    """Return the rule of a row; each content is read once in this process."""
    return validate_rule(
        code=code,
        feature=feature,
        operator=operator,
        value=json.loads(text),
        effective_from=begin,
        effective_until=end,
    )


def _spec(row: ProductRule) -> RuleSpec:
    return rule_from_json(
        {
            "code": row.code,
            "feature": row.feature,
            "operator": row.operator,
            "value": row.value,
            "effective_from": row.effective_from,
            "effective_until": row.effective_until,
        }
    )
