"""API of one step for several applications: one address per verb, every application done or refused alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.api.serializers import StrictSerializer
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from matching.api.application import TextInput
from matching.api.application_steps import SupplementInput
from matching.services.application_batch import (
    MOST_AT_ONCE,
    NOTE,
    BatchLine,
    applications_step,
)


class SeveralInput(StrictSerializer):
    """Which applications; each is taken once, in the order given."""

    application_ids = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MOST_AT_ONCE
    )


class SeveralSupplementInput(SeveralInput, SupplementInput):
    """The applications, and what their enterprises are asked to supply."""


class SeveralNoteInput(SeveralInput, TextInput):
    """The applications, and a note for each of them."""


class SeveralLineOutput(serializers.Serializer[Any]):
    """What became of one application."""

    application_id = serializers.UUIDField()
    is_done = serializers.BooleanField()
    refusal = serializers.CharField(allow_blank=True, help_text="未办理的原因；已办理时为空。")


class SeveralOutput(serializers.Serializer[Any]):
    """What became of each application, in the order given."""

    done = serializers.IntegerField()
    refused = serializers.IntegerField()
    lines = SeveralLineOutput(many=True)


class BatchStepView(APIView):
    """One step of several applications; subclasses name the event and its input."""

    event: ClassVar[str]
    input: ClassVar[type[SeveralInput]] = SeveralInput

    def post(self, request: Request) -> Response:
        """Take the step for each application and return what became of it."""
        user = signed_in(request.user)
        require_role(user, Role.OFFICER)
        body = self.input(data=request.data)
        body.is_valid(raise_exception=True)
        payload = dict(body.validated_data)
        found = applications_step(
            application_ids=payload.pop("application_ids"),
            event=self.event,
            payload=payload,
            actor=user,
            at=timezone.now(),
        )
        return Response(_body(found))


@extend_schema_view(
    post=extend_schema(
        operation_id="applications_batch_accept",
        summary="批量受理，逐笔办理、逐笔给出结果",
        request=SeveralInput,
        responses=SeveralOutput,
    )
)
class BatchAcceptView(BatchStepView):
    """Take several cases on."""

    event = "ACCEPT"


@extend_schema_view(
    post=extend_schema(
        operation_id="applications_batch_start_due_diligence",
        summary="批量开始尽调，逐笔办理、逐笔给出结果",
        request=SeveralInput,
        responses=SeveralOutput,
    )
)
class BatchStartDueDiligenceView(BatchStepView):
    """Begin due diligence of several cases."""

    event = "START_DUE_DILIGENCE"


@extend_schema_view(
    post=extend_schema(
        operation_id="applications_batch_request_supplement",
        summary="批量要求补充资料，逐笔办理、逐笔给出结果",
        request=SeveralSupplementInput,
        responses=SeveralOutput,
    )
)
class BatchRequestSupplementView(BatchStepView):
    """Ask several enterprises for the same papers."""

    event = "REQUEST_SUPPLEMENT"
    input = SeveralSupplementInput


@extend_schema_view(
    post=extend_schema(
        operation_id="applications_batch_note",
        summary="批量写内部备注，逐笔办理、逐笔给出结果",
        request=SeveralNoteInput,
        responses=SeveralOutput,
    )
)
class BatchNoteView(BatchStepView):
    """Keep the same note beside several cases."""

    event = NOTE
    input = SeveralNoteInput


def _body(found: Sequence[BatchLine]) -> dict[str, Any]:
    lines = [
        {
            "application_id": line.application_id,
            "is_done": not line.refusal,
            "refusal": line.refusal,
        }
        for line in found
    ]
    done = sum(line["is_done"] is True for line in lines)
    body = {"done": done, "refused": len(lines) - done, "lines": lines}
    return dict(SeveralOutput(body).data)
