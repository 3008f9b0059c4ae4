"""Pages of the floor."""

from django.urls import URLPattern, URLResolver, path

from marketplace.web.views import (
    account,
    appointment,
    auditor,
    calendar,
    password_recovery,
    people,
    person,
    public,
    reminder,
    second_factor,
)

app_name = "marketplace"
urlpatterns: list[URLPattern | URLResolver] = [
    # / and what is open to everybody
    path("", public.home, name="home"),
    path("glossary/", public.glossary, name="glossary"),
    path("display/", public.display_set, name="display-set"),
    path("language/", public.language_set, name="language-set"),
    path("styleguide/", public.styleguide, name="styleguide"),
    # in and out
    path("login/", account.SignInView.as_view(), name="login"),
    path("logout/", account.SignOutView.as_view(), name="logout"),
    path("session/", account.session, name="session"),
    path("forgotten/", password_recovery.forgotten, name="password-forgotten"),
    path("forgotten/code/", password_recovery.recover, name="password-recover"),
    # /me/ and what belongs to the account
    path("me/", account.landing, name="landing"),
    path("choose/", account.choose, name="choose"),
    path("password/", account.password, name="password-change"),
    path("phone/", account.phone, name="phone-change"),
    path("notifications/", account.notices, name="notification-list"),
    path("notifications/read/", account.notices_read, name="notifications-read"),
    path("notifications/<uuid:public_id>/read/", account.notice_read, name="notification-read"),
    path("reminders/", reminder.reminders, name="reminders"),
    path("reminders/enter/", reminder.enter, name="reminder-enter"),
    path("reminders/confirm/", reminder.confirm, name="reminder-confirm"),
    path("reminders/remove/", reminder.remove, name="reminder-remove"),
    path("reminders/recovery/", password_recovery.opening, name="recovery-open"),
    path("reminders/recovery/close/", password_recovery.closing, name="recovery-close"),
    # /second-factor/: the second step of signing in, and the reader's authenticator
    path("second-factor/", second_factor.second_factor, name="second-factor"),
    path("second-factor/code/", second_factor.code, name="second-factor-code"),
    path("second-factor/recovery/", second_factor.recovery, name="second-factor-recovery"),
    path("second-factor/enrol/", second_factor.enrol, name="second-factor-enrol"),
    path("second-factor/renew/", second_factor.renew, name="second-factor-renew"),
    path("second-factor/replace/", second_factor.replace, name="second-factor-replace"),
    path("second-factor/remove/", second_factor.remove, name="second-factor-remove"),
    # /operator/calendar/: working days
    path("operator/calendar/", calendar.calendar, name="calendar"),
    path("operator/calendar/day/", calendar.calendar_day, name="calendar-day"),
    # /operator/users/: who acts for whom, and how their accounts stand
    path("operator/users/", people.people, name="member-list"),
    path("operator/users/new/", appointment.person_new, name="member-new"),
    path(
        "operator/users/appointments/<uuid:public_id>/",
        appointment.appointment,
        name="appointment-detail",
    ),
    path(
        "operator/users/appointments/<uuid:public_id>/confirm/",
        appointment.confirm,
        name="appointment-confirm",
    ),
    path(
        "operator/users/appointments/<uuid:public_id>/decline/",
        appointment.decline,
        name="appointment-decline",
    ),
    path("operator/users/<uuid:public_id>/", person.person, name="member-detail"),
    path("operator/users/<uuid:public_id>/password/", person.password, name="member-password"),
    path("operator/users/<uuid:public_id>/suspend/", person.suspend, name="member-suspend"),
    path("operator/users/<uuid:public_id>/reopen/", person.reopen, name="member-reopen"),
    path("operator/users/<uuid:public_id>/duty/", person.duty, name="member-duty"),
    path(
        "operator/users/<uuid:public_id>/second-factor/",
        people.second_factor_reset,
        name="member-second-factor",
    ),
    # /auditor/: what was done, who read what, what was opened to whom
    path("auditor/", auditor.events, name="audit-search"),
    path("auditor/access/", auditor.accesses, name="access-list"),
    path("auditor/grants/", auditor.grants, name="grant-list"),
]
