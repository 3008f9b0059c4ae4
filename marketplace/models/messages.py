"""Messages that leave a transaction: the outbox, notices to people, and keys of requests already answered."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class OutboxMessage(models.Model):
    """A task to run after the transaction that wrote it; delivered at least once, run idempotently."""

    task = models.CharField("任务", max_length=96)
    kwargs = models.JSONField("参数", default=dict)
    created_at = models.DateTimeField("写入时间", auto_now_add=True)
    done_at = models.DateTimeField("完成时间", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    failure = models.TextField("失败原因", blank=True, default="")

    class Meta:
        verbose_name = "待发消息"
        verbose_name_plural = "待发消息"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(done_at=None), name="outbox_waiting_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.task}#{self.pk}"


class Notification(models.Model):
    """A notice to one person, shown in the site."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        "marketplace.User",
        verbose_name="收件人",
        on_delete=models.CASCADE,
        related_name="notifications",
    )
    kind = models.CharField("类别", max_length=48)
    title = models.CharField("标题", max_length=120)
    body = models.TextField("内容", blank=True, default="")
    path = models.CharField("链接", max_length=200, blank=True, default="")
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True, blank=True)
    reminded_at = models.DateTimeField("站外提醒时间", null=True, blank=True)

    class Meta:
        verbose_name = "消息"
        verbose_name_plural = "消息"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_user_idx"),
            models.Index(
                fields=["user", "at"],
                condition=Q(read_at=None, reminded_at=None),
                name="notification_waiting_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class IdempotencyKey(models.Model):
    """The answer already given to a request that carries the same key."""

    user = models.ForeignKey("marketplace.User", on_delete=models.CASCADE, related_name="+")
    key = models.CharField("幂等键", max_length=80)
    request_digest = models.CharField("请求摘要", max_length=64)
    response_status = models.PositiveSmallIntegerField("状态码")
    response_body = models.JSONField("响应", default=dict)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "幂等键"
        verbose_name_plural = "幂等键"
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_user_key_unique")
        ]

    def __str__(self) -> str:
        return self.key
