"""Who may do what on the floor."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from marketplace.models import (
    Appointment,
    Authenticator,
    Membership,
    Notification,
    ReminderAddress,
    User,
)
from marketplace.services.reminder import code_digest
from tests.access import (
    CITY,
    EVERYBODY,
    LENDER,
    NOBODY,
    OPERATORS,
    Call,
    Row,
    World,
    each,
    members,
    public,
)
from tests.cast import PASSWORD, make_user


def with_log_in(world: World) -> Call:
    return Call(body={"username": world.cast.owner.username, "password": PASSWORD})


def with_new_password(world: World) -> Call:
    new = "Another-one-of-2026"
    return Call(body={"old_password": PASSWORD, "new_password": new, "again": new})


def with_institution(world: World) -> Call:
    return Call(body={"organisation": str(world.cast.institution.organisation.public_id)})


def with_calendar_notice(world: World) -> Call:
    names = ("元旦：1月1日", "春节：2月5日", "清明节：4月5日", "劳动节：5月1日", "国庆节：10月1日")
    notice = "".join(f"{name}放假。" for name in names)
    return Call(body={"year": world.at.year + 1, "source": "示例文号", "notice": notice})


def with_phone(_: World) -> Call:
    return Call(body={"phone": "022-23451234"})


def with_mail_address(_: World) -> Call:
    return Call(body={"channel": "EMAIL", "address": "li@example.com"})


def with_reminders(world: World) -> Call:
    """Everybody has an address that waits for the same code."""
    for user in User.objects.all():
        ReminderAddress.objects.create(
            user=user,
            channel="EMAIL",
            address="li@example.com",
            entered_at=world.at,
            code_digest=code_digest(user.pk, world.at, "123456"),
            due_at=world.at,
        )
    return Call()


def with_code_sent(world: World) -> Call:
    return replace(with_reminders(world), body={"code": "123456"})


def with_confirmed_reminders(world: World) -> Call:
    call = with_reminders(world)
    ReminderAddress.objects.update(confirmed_at=world.at)
    return call


def with_password_for_recovery(world: World) -> Call:
    call = with_confirmed_reminders(world)
    return replace(call, body={"password": PASSWORD, "entered_at": world.at.isoformat()})


def with_forgotten_account(world: World) -> Call:
    return Call(body={"username": world.cast.owner.username})


def with_password(_: World) -> Call:
    return Call(body={"password": PASSWORD})


def with_lost_telephone(world: World) -> Call:
    person = make_user("lost-telephone")
    Membership.objects.create(
        user=person,
        organisation=world.cast.institution.organisation,
        role="OFFICER",
        granted_at=world.at,
    )
    Authenticator.objects.create(
        user=person, secret="A" * 32, begun_at=world.at, confirmed=True, confirmed_at=world.at
    )
    body = {"reason": "PHONE_LOST", "checked": "CALL_BACK"}
    return Call({"public_id": person.public_id}, body)


def with_clerk(world: World, **body: str) -> Call:
    person = make_user("forgetful-clerk")
    duty = Membership.objects.create(
        user=person,
        organisation=Membership.objects.get(user=world.cast.district_clerk).organisation,
        role="DISTRICT_CLERK",
        granted_at=world.at,
    )
    if "ended_for" in body:
        body["duty"] = str(duty.pk)
    return Call({"public_id": person.public_id}, body)


def with_forgotten_password(world: World) -> Call:
    return with_clerk(world, checked="CALL_BACK")


def with_misused_account(world: World) -> Call:
    return with_clerk(world, reason="MISUSE_SUSPECTED")


def with_suspended_account(world: World) -> Call:
    call = with_clerk(world, checked="CALL_BACK")
    User.objects.filter(username="forgetful-clerk").update(is_active=False)
    return call


def with_leaver(world: World) -> Call:
    return with_clerk(world, ended_for="DUTY_LEFT")


def with_new_clerk(world: World) -> Call:
    office = Membership.objects.get(user=world.cast.district_clerk).organisation
    person = {"display_name": "示例经办", "username": "new-clerk", "role": "DISTRICT_CLERK"}
    return Call(body={**person, "organisation": str(office.public_id)})


def with_appointment(world: World) -> Call:
    """Proposed by an operator who is none of those who are asked."""
    proposer = make_user("proposing-operator")
    Membership.objects.create(
        user=proposer,
        organisation=Membership.objects.get(user=world.cast.operator).organisation,
        role="OPERATOR",
        granted_at=world.at,
    )
    found = Appointment.objects.create(
        username="new-auditor",
        display_name="示例审计",
        organisation=Membership.objects.get(user=world.cast.operator).organisation,
        role="AUDITOR",
        first_half="ab2c-de3f",
        asked_by=proposer,
        asked_at=world.at,
    )
    return Call({"public_id": found.public_id})


def with_doubtful_appointment(world: World) -> Call:
    return replace(with_appointment(world), body={"note": "查无此人"})


def with_calendar_day(world: World) -> Call:
    day = f"{world.at.year + 1}-01-04"
    return Call(body={"day": day, "is_working": "0", "note": "示例决定"})


def with_notice(world: World) -> Call:
    return Call({"public_id": notice_for_the_owner(world, world.at).public_id})


def notice_for_the_owner(world: World, at: datetime) -> Notification:
    return Notification.objects.create(user=world.cast.owner, kind="TEST", title="示例消息", at=at)


ROWS = [
    # open to everybody
    public("marketplace:home"),
    public("marketplace:glossary"),
    public("marketplace:login"),
    public("marketplace:login", "POST", with_log_in),
    public("marketplace:password-forgotten"),
    public("marketplace:password-forgotten", "POST", with_forgotten_account),
    public("marketplace:password-recover"),
    public("marketplace:password-recover", "POST"),
    public("marketplace:logout", "POST"),
    public("marketplace:session"),
    public("marketplace:session", "POST"),
    public("marketplace:display-set", "POST"),
    public("marketplace:language-set", "POST"),
    public("docs"),
    public("schema"),
    # for developers only, with DEBUG on
    Row("marketplace:styleguide", allowed=NOBODY, anonymous="hidden"),
    # what belongs to each account
    *each(
        [
            "marketplace:landing",
            "marketplace:choose",
            "marketplace:password-change",
            "marketplace:phone-change",
            "marketplace:second-factor",
            "marketplace:second-factor-code",
            "marketplace:second-factor-recovery",
            "marketplace:second-factor-enrol",
            "marketplace:second-factor-renew",
            "marketplace:second-factor-replace",
            "marketplace:second-factor-remove",
            "marketplace:notification-list",
            "api:me",
            "api:notification-list",
            "api:grant-list",
        ],
        allowed=EVERYBODY,
    ),
    Row("marketplace:reminders", allowed=EVERYBODY),
    Row("marketplace:reminder-enter", "POST", allowed=EVERYBODY, make=with_mail_address),
    Row("marketplace:reminder-confirm", "POST", allowed=EVERYBODY, make=with_code_sent),
    Row("marketplace:reminder-remove", "POST", allowed=EVERYBODY, make=with_reminders),
    Row("marketplace:recovery-open", allowed=EVERYBODY, make=with_confirmed_reminders),
    Row("marketplace:recovery-open", "POST", allowed=EVERYBODY, make=with_password_for_recovery),
    Row("marketplace:recovery-close", "POST", allowed=EVERYBODY, make=with_confirmed_reminders),
    Row("marketplace:password-change", "POST", allowed=EVERYBODY, make=with_new_password),
    Row("marketplace:phone-change", "POST", allowed=EVERYBODY, make=with_phone),
    Row("marketplace:second-factor", "POST", allowed=EVERYBODY, make=with_password),
    *each(
        [
            "marketplace:second-factor-code",
            "marketplace:second-factor-recovery",
            "marketplace:second-factor-enrol",
            "marketplace:second-factor-renew",
            "marketplace:second-factor-replace",
            "marketplace:second-factor-remove",
        ],
        "POST",
        allowed=EVERYBODY,
    ),  # lead on: nobody of the cast has an authenticator; tests/pages/marketplace/test_second_factor.py has
    Row("marketplace:choose", "POST", allowed=LENDER, make=with_institution),
    *each(
        ["marketplace:notification-read", "api:notification-read"],
        "POST",
        allowed=members("owner"),
        make=with_notice,
    ),
    Row("marketplace:notifications-read", "POST", allowed=EVERYBODY),
    # the working calendar
    Row("marketplace:calendar", allowed=CITY, stranger=403),
    Row(
        "marketplace:calendar",
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_calendar_notice,
    ),
    Row(
        "marketplace:calendar-day",
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_calendar_day,
    ),
    *each(["marketplace:member-list", "api:member-list"], allowed=CITY, stranger=403),
    *(
        Row(
            "marketplace:member-second-factor",
            method,
            allowed=OPERATORS,
            stranger=403,
            make=with_lost_telephone,
        )
        for method in ("GET", "POST")
    ),
    Row("marketplace:member-detail", allowed=CITY, stranger=403, make=with_clerk),
    Row("marketplace:member-new", allowed=OPERATORS, stranger=403),
    Row("marketplace:appointment-detail", allowed=CITY, stranger=403, make=with_appointment),
    *(
        Row(f"marketplace:{name}", "POST", allowed=OPERATORS, stranger=403, make=make)
        for name, make in (
            ("member-new", with_new_clerk),
            ("member-password", with_forgotten_password),
            ("member-suspend", with_misused_account),
            ("member-reopen", with_suspended_account),
            ("member-duty", with_leaver),
            ("appointment-confirm", with_appointment),
            ("appointment-decline", with_doubtful_appointment),
        )
    ),
    # the auditor's desk
    *each(
        ["marketplace:audit-search", "marketplace:access-list", "marketplace:grant-list"],
        allowed=members("auditor"),
        stranger=403,
    ),
]
