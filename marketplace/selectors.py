"""Reads of the floor: notices, the working calendar, dated parameters, access records, exceptional grants."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import islice
from operator import or_
from typing import TypeVar

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from marketplace.audit import broken_events, enterprise_stream
from marketplace.domain.account import AppointmentState
from marketplace.domain.errors import NotFound
from marketplace.domain.masking import mask_person_name
from marketplace.domain.parameters import DatedValue, ParameterSet
from marketplace.domain.roles import ROLES_OF_KIND, OrganisationKind
from marketplace.domain.second_factor import BEGUN_MINUTES
from marketplace.models import (
    AccessRecord,
    Appointment,
    AuditEvent,
    Authenticator,
    ExceptionalGrant,
    Membership,
    Notification,
    Organisation,
    ParameterValue,
    ReminderAddress,
    User,
)
from marketplace.policies import AUTHENTICATORS_IN_USE, UNREAD, visible_grants

BROKEN_SHOWN = 20
_Row = TypeVar("_Row", AuditEvent, AccessRecord)


def notification_list(user: User, *, unread: bool = False) -> QuerySet[Notification]:
    """Return the reader's own notices, latest first; when asked only those not read."""
    found = Notification.objects.filter(user=user)
    return found.filter(read_at=None) if unread else found


def notification_unread_count(user: User) -> int:
    """Return how many of the reader's notices were unread when the reader was read.

    Queries: none for the person of a session, else one.
    """
    known: int | None = getattr(user, UNREAD, None)
    if known is not None:
        return known
    return Notification.objects.filter(user=user, read_at=None).count()


@dataclass(frozen=True)
class AuthenticatorState:
    """The authenticator in use: since when, and how many recovery codes are left."""

    confirmed_at: datetime
    codes_left: int


def authenticator_state(user: User) -> AuthenticatorState | None:
    """Return how the user's own authenticator stands, None without one in use. Queries: one."""
    left = Count("recovery_codes", filter=Q(recovery_codes__used_at=None))
    held = AUTHENTICATORS_IN_USE.filter(user=user).annotate(left=left)
    found = held.values_list("confirmed_at", "left").first()
    return AuthenticatorState(*found) if found else None


def authenticator_begun(user: User, at: datetime) -> Authenticator | None:
    """Return the user's own authenticator that still waits for its first code. Queries: one."""
    since = at - timedelta(minutes=BEGUN_MINUTES)
    return Authenticator.objects.filter(user=user, confirmed=False, begun_at__gt=since).first()


def parameters_in_force(shipped: ParameterSet) -> ParameterSet:
    """Return the shipped parameters with the values operators entered laid over them. Queries: one."""
    codes = {parameter.code for parameter in shipped}
    entered: dict[str, list[DatedValue]] = defaultdict(list)
    for code, *entry in ParameterValue.objects.values_list(
        "code", "effective_from", "value", "source"
    ):
        if code in codes:
            entered[code].append(DatedValue(*entry))
    return shipped.with_entered(entered) if entered else shipped


@dataclass(frozen=True)
class MemberFilter:
    """Which memberships.

    Attributes:
        text: beginning of a person's name or account, or of the organisation's name; empty for all.
        role: code; empty for all.
        with_ended: those that ended as well.
    """

    text: str = ""
    role: str = ""
    with_ended: bool = False


def member_list(wanted: MemberFilter) -> QuerySet[Membership]:
    """Return who acts for whom, for the city's own people; not ordered.

    Each with ``has_second_factor``, whether the person signs in with a code.

    Queries: one when iterated.
    """
    held = AUTHENTICATORS_IN_USE.filter(user=OuterRef("user"))
    found = Membership.objects.select_related("user", "organisation").annotate(
        has_second_factor=Exists(held)
    )
    if not wanted.with_ended:
        found = found.filter(ended_at=None)
    if wanted.role:
        found = found.filter(role=wanted.role)
    if wanted.text:
        begins = Q(user__display_name__startswith=wanted.text)
        begins |= Q(user__username__startswith=wanted.text)
        found = found.filter(begins | Q(organisation__name__startswith=wanted.text))
    return found


def member_get(public_id: uuid.UUID) -> list[Membership]:
    """Return for whom one person acts, for the city's own people; at least one duty.

    Raises:
        NotFound: the person acts for nobody, or does not exist.

    Queries: one.
    """
    found = list(member_list(MemberFilter()).filter(user__public_id=public_id).order_by("id"))
    if not found:
        raise NotFound
    return found


def reminder_address_of(user: User) -> ReminderAddress | None:
    """Return where the user is, or is to be, reminded outside the site. Queries: one."""
    return ReminderAddress.objects.filter(user=user).first()


def office_list() -> QuerySet[Organisation]:
    """Return the offices of the city and of the districts, the city's first. Queries: one when iterated."""
    kinds = (OrganisationKind.CITY, OrganisationKind.DISTRICT)
    found = Organisation.objects.filter(kind__in=kinds, is_active=True)
    return found.select_related("district").order_by("kind", "district_id", "name")


def appointment_list() -> QuerySet[Appointment]:
    """Return who is proposed for a role with the city and not decided, for the city's own people; earliest first."""
    found = Appointment.objects.filter(state=AppointmentState.WAITING)
    return found.select_related("organisation", "asked_by").order_by("id")


def appointment_get(public_id: uuid.UUID) -> Appointment:
    """Return a proposal, for the city's own people.

    Raises:
        NotFound: there is none.

    Queries: one.
    """
    found = Appointment.objects.select_related("organisation", "asked_by", "decided_by")
    try:
        return found.get(public_id=public_id)
    except Appointment.DoesNotExist:
        raise NotFound from None


def member_shown(membership: Membership) -> tuple[str, str]:
    """Return the name and the account the city sees of who acts; of an enterprise's own people the family name alone.

    Queries: none, when the user is at hand.
    """
    if membership.role in ROLES_OF_KIND[OrganisationKind.ENTERPRISE]:
        return mask_person_name(str(membership.user)), ""
    return str(membership.user), membership.user.username


def access_list(uscc: str) -> QuerySet[AccessRecord]:
    """Return who read this enterprise's data, latest first; the caller has checked that the reader is it."""
    return AccessRecord.objects.filter(subject_uscc=uscc).select_related("user", "organisation")


@dataclass(frozen=True)
class AuditFilter:
    """What an auditor asks for; what is empty asks for everything.

    Attributes:
        uscc: credit code of the enterprise concerned.
        person: account or name of who acted or read.
        action: beginning of an action's dotted name.
        nouns: codes of the things an action may be about; empty for all.
        purpose: code of the purpose of a reading.
        since, until: aware; the second is the first moment that no longer belongs.
    """

    uscc: str = ""
    person: str = ""
    action: str = ""
    nouns: tuple[str, ...] = ()
    purpose: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class ChainCheck:
    """Whether a chain, or every chain, is whole.

    Attributes:
        stream: the chain; empty for all.
        broken: the first events that are not what the chain demands, at most ``BROKEN_SHOWN``.
        chains, events: how many there are of each; nothing was checked where both are zero.
        at: when it was checked, aware.
    """

    stream: str
    broken: tuple[AuditEvent, ...]
    chains: int
    events: int
    at: datetime


def audit_search(wanted: AuditFilter) -> QuerySet[AuditEvent]:
    """Return what was done; the caller has checked that the reader audits."""
    found = _between(AuditEvent.objects.select_related("actor"), wanted, "actor")
    if wanted.uscc:
        found = found.filter(stream=enterprise_stream(wanted.uscc))
    if wanted.nouns:
        about = (Q(action__contains=f".{noun}.") for noun in wanted.nouns)
        found = found.filter(reduce(or_, about))
    return found.filter(action__startswith=wanted.action) if wanted.action else found


def access_search(wanted: AuditFilter) -> QuerySet[AccessRecord]:
    """Return who read whose data; the caller has checked that the reader audits."""
    rows = AccessRecord.objects.select_related("user", "organisation")
    found = _between(rows, wanted, "user")
    if wanted.uscc:
        found = found.filter(subject_uscc=wanted.uscc)
    return found.filter(purpose=wanted.purpose) if wanted.purpose else found


def enterprise_names(codes: Iterable[str]) -> dict[str, str]:
    """Return what the enterprises of these credit codes that have an account are called. Queries: one."""
    found = Organisation.objects.filter(kind=OrganisationKind.ENTERPRISE, uscc__in=set(codes))
    return dict(found.values_list("uscc", "name"))


def chain_check(uscc: str = "", *, at: datetime) -> ChainCheck:
    """Return whether the chain of an enterprise, or every chain, is whole.

    Args:
        uscc: code of the enterprise; empty for every chain.
        at: now, aware.

    Queries: two, one of them streamed.
    """
    stream = enterprise_stream(uscc) if uscc else ""
    events = AuditEvent.objects.filter(stream=stream) if stream else AuditEvent.objects.all()
    counted = events.aggregate(chains=Count("stream", distinct=True), events=Count("id"))
    broken = tuple(islice(broken_events(stream or None), BROKEN_SHOWN))
    return ChainCheck(stream, broken, at=at, **counted)


def grant_list(user: User) -> QuerySet[ExceptionalGrant]:
    """Return the exceptional grants the reader may know of, live and ended, latest first."""
    return (
        visible_grants(user)
        .select_related("holder", "organisation", "granted_by", "revoked_by")
        .order_by("-id")
    )


def _between(rows: QuerySet[_Row], wanted: AuditFilter, who: str) -> QuerySet[_Row]:
    if wanted.person:
        named = Q(**{f"{who}__username__iexact": wanted.person})
        rows = rows.filter(named | Q(**{f"{who}__display_name": wanted.person}))
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    return rows.filter(at__lt=wanted.until) if wanted.until else rows
