"""Matchmaking events, who is invited, the meetings assigned, the intentions and their follow-ups."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from matching.domain.assignment import METHOD_LABELS
from matching.domain.event import (
    EVENT,
    FOLLOW_UP_LABELS,
    INVITATION,
    INVITE_SOURCE_LABELS,
    MOST_MEETINGS,
    MOST_SLOTS,
    MOST_TABLES,
    OUTCOME_LABELS,
)


class MatchmakingEvent(models.Model):
    """One event of one district, from preparation to the last follow-up."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    district = models.ForeignKey(
        "marketplace.District", verbose_name="区", on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField("名称", max_length=100)
    venue = models.CharField("地点", max_length=200)
    state = models.CharField(
        "状态", max_length=16, choices=list(EVENT.labels.items()), default=EVENT.initial
    )
    starts_at = models.DateTimeField("开始时间")
    slots = models.PositiveSmallIntegerField("时段数")
    slot_minutes = models.PositiveSmallIntegerField("每时段(分钟)")
    most_meetings = models.PositiveSmallIntegerField("每家企业面谈场数上限")
    sign_up_until = models.DateTimeField("报名截止")
    method = models.CharField(
        "排座方式",
        max_length=12,
        choices=[(k.value, v) for k, v in METHOD_LABELS.items()],
        blank=True,
        default="",
    )
    figures = models.JSONField("排座指标", default=dict, blank=True)
    created_by = models.ForeignKey(
        "marketplace.User", verbose_name="经办人", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("创建时间")
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    confirmed_at = models.DateTimeField("确认排座时间", null=True, blank=True)
    held_at = models.DateTimeField("举行时间", null=True, blank=True)
    ended_at = models.DateTimeField("办结或取消时间", null=True, blank=True)
    cancel_reason = models.CharField("取消原因", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "对接会"
        verbose_name_plural = "对接会"
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=EVENT.states), name="event_state_known"),
            models.CheckConstraint(
                condition=Q(
                    slots__gte=1,
                    slots__lte=MOST_SLOTS,
                    slot_minutes__gte=1,
                    most_meetings__gte=1,
                    most_meetings__lte=MOST_MEETINGS,
                ),
                name="event_size_sane",
            ),
            models.CheckConstraint(
                condition=Q(sign_up_until__lte=F("starts_at")), name="event_sign_up_before_start"
            ),
        ]
        indexes = [models.Index(fields=["district", "-starts_at"], name="event_district_idx")]

    def __str__(self) -> str:
        return f"{self.district_id} {self.title}"


class EventInvitation(models.Model):
    """An enterprise or an institution invited to an event, and what it answered.

    ``wishes`` are public ids of invitations of the other side in their order; an institution sees no name behind them
    before the seats are confirmed.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    event = models.ForeignKey(
        MatchmakingEvent,
        verbose_name="对接会",
        on_delete=models.CASCADE,
        related_name="invitations",
    )
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    institution = models.ForeignKey(
        "lenders.Institution",
        verbose_name="机构",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    demand = models.ForeignKey(
        "matching.FinancingDemand",
        verbose_name="融资需求",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    source = models.CharField(
        "邀请来源",
        max_length=12,
        choices=[(k.value, v) for k, v in INVITE_SOURCE_LABELS.items()],
    )
    state = models.CharField(
        "状态", max_length=12, choices=list(INVITATION.labels.items()), default=INVITATION.initial
    )
    wishes = models.JSONField("志愿", default=list, blank=True)
    invited_at = models.DateTimeField("邀请时间")
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    signed_in_at = models.DateTimeField("签到时间", null=True, blank=True)

    class Meta:
        verbose_name = "对接会邀请"
        verbose_name_plural = "对接会邀请"
        ordering = ["event", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "enterprise"], name="event_enterprise_invited_once"
            ),
            models.UniqueConstraint(
                fields=["event", "institution"], name="event_institution_invited_once"
            ),
            models.CheckConstraint(
                condition=Q(enterprise=None, institution__isnull=False)
                | Q(institution=None, enterprise__isnull=False),
                name="event_invitation_one_side",
            ),
            models.CheckConstraint(
                condition=Q(state__in=INVITATION.states), name="event_invitation_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["SIGNED_UP", "SIGNED_IN"])
                | Q(demand__isnull=False)
                | Q(institution__isnull=False),
                name="event_enterprise_names_need",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class EventDesk(models.Model):
    """The tables an institution brings to an event."""

    invitation = models.OneToOneField(
        EventInvitation, verbose_name="邀请", on_delete=models.CASCADE, related_name="desk"
    )
    tables = models.PositiveSmallIntegerField("席位数")

    class Meta:
        verbose_name = "对接会席位"
        verbose_name_plural = "对接会席位"
        ordering = ["invitation"]
        constraints = [
            models.CheckConstraint(
                condition=Q(tables__gte=1, tables__lte=MOST_TABLES), name="event_desk_tables_sane"
            )
        ]

    def __str__(self) -> str:
        return f"{self.invitation_id}: {self.tables}"


class EventMeeting(models.Model):
    """One enterprise at one table of one institution in one slot: why there, and what came of it."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    guest = models.ForeignKey(
        EventInvitation, verbose_name="企业", on_delete=models.PROTECT, related_name="meetings"
    )
    desk = models.ForeignKey(
        EventDesk, verbose_name="席位", on_delete=models.PROTECT, related_name="meetings"
    )
    slot = models.PositiveSmallIntegerField("时段")
    table = models.PositiveSmallIntegerField("席号")
    utility = models.PositiveIntegerField("匹配度")
    fit = models.CharField("匹配依据", max_length=200)
    why = models.CharField("安排原因", max_length=16)
    outcome = models.CharField(
        "面谈结果",
        max_length=12,
        choices=[(k.value, v) for k, v in OUTCOME_LABELS.items()],
        blank=True,
        default="",
    )
    recorded_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="登记人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    recorded_at = models.DateTimeField("登记时间", null=True, blank=True)

    class Meta:
        verbose_name = "对接会面谈"
        verbose_name_plural = "对接会面谈"
        ordering = ["slot", "desk", "table"]
        constraints = [
            models.UniqueConstraint(fields=["guest", "slot"], name="event_guest_slot_once"),
            models.UniqueConstraint(fields=["guest", "desk"], name="event_pair_once"),
            models.UniqueConstraint(fields=["desk", "slot", "table"], name="event_table_once"),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(recorded_at__isnull=False),
                name="event_outcome_dated",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class EventIntention(models.Model):
    """What an institution and an enterprise intend after their meeting; the lead it became."""

    meeting = models.OneToOneField(
        EventMeeting, verbose_name="面谈", on_delete=models.PROTECT, related_name="intention"
    )
    amount_yuan = models.DecimalField(
        "意向金额", max_digits=18, decimal_places=2, null=True, blank=True
    )
    note = models.CharField("说明", max_length=300, blank=True, default="")
    lead = models.ForeignKey(
        "matching.DemandLead",
        verbose_name="融资线索",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "对接会意向"
        verbose_name_plural = "对接会意向"
        ordering = ["meeting"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_yuan=None) | Q(amount_yuan__gt=0),
                name="event_intention_amount_positive",
            )
        ]

    def __str__(self) -> str:
        return str(self.meeting_id)


class EventFollowUp(models.Model):
    """One look at one intention, 30, 60 or 90 days after the event."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    intention = models.ForeignKey(
        EventIntention, verbose_name="意向", on_delete=models.PROTECT, related_name="follow_ups"
    )
    after_days = models.PositiveSmallIntegerField("会后天数")
    due_at = models.DateTimeField("应跟踪时间")
    is_provisional = models.BooleanField("时限暂定", default=False)
    status = models.CharField(
        "落实情况",
        max_length=12,
        choices=[(k.value, v) for k, v in FOLLOW_UP_LABELS.items()],
        blank=True,
        default="",
    )
    note = models.CharField("说明", max_length=300, blank=True, default="")
    reported_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="反馈人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reported_at = models.DateTimeField("反馈时间", null=True, blank=True)
    reminded_at = models.DateTimeField("提醒时间", null=True, blank=True)
    escalated_at = models.DateTimeField("督办时间", null=True, blank=True)

    class Meta:
        verbose_name = "对接会跟踪"
        verbose_name_plural = "对接会跟踪"
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["intention", "after_days"], name="event_follow_up_once"
            ),
            models.CheckConstraint(
                condition=Q(status="") | Q(reported_at__isnull=False),
                name="event_follow_up_dated",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status=""), name="event_follow_up_open_idx")
        ]

    def __str__(self) -> str:
        return f"{self.intention_id}+{self.after_days}"
