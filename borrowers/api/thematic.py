"""API of thematic lists, for the city: the lists, their members, sheets handed in, rules run."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from borrowers.api.serializers import BatchOutput, RegisterFileInput
from borrowers.ingest.delivered import source_of
from borrowers.models import ListMembership
from borrowers.policies import CITY_ROLES
from borrowers.selectors.thematic import thematic_get, thematic_lists, thematic_members
from borrowers.services.thematic import thematic_run, thematic_run_all
from borrowers.services.thematic_upload import thematic_upload
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.policies import require_role, signed_in
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS


class ThematicListOutput(serializers.Serializer[Any]):
    """One thematic list."""

    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    legal_basis = serializers.CharField(allow_blank=True)
    may_block = serializers.BooleanField()
    filled_from = serializers.DateField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)
    enterprises = serializers.IntegerField(help_text="今日在库的企业户数。")


class ListMembershipOutput(serializers.Serializer[Any]):
    """One enterprise on a list."""

    id = serializers.UUIDField(source="public_id")
    uscc = serializers.CharField(source="enterprise.uscc")
    name = serializers.CharField(source="enterprise.name")
    origin = serializers.CharField()
    from_date = serializers.DateField()
    until_date = serializers.DateField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    rule_version = serializers.CharField(allow_blank=True)
    batch = serializers.UUIDField(source="batch.public_id", default=None, allow_null=True)
    row_number = serializers.IntegerField(allow_null=True)


class RunOutput(serializers.Serializer[Any]):
    """What a run changed."""

    code = serializers.CharField()
    added = serializers.IntegerField()
    ended = serializers.IntegerField()
    stayed = serializers.IntegerField()


class ThematicListsView(APIView):
    """The lists."""

    @extend_schema(
        operation_id="thematic_lists", summary="专题库", responses=ThematicListOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        """Return the lists with how many enterprises are on each today."""
        require_role(request.user, *CITY_ROLES)
        found = thematic_lists(request.user, local_date(timezone.now()))
        for row, count in found:
            row.enterprises = count  # type: ignore[attr-defined]
        return Response(ThematicListOutput([row for row, _ in found], many=True).data)


class ThematicRunAllView(APIView):
    """All rules run."""

    @extend_schema(
        operation_id="thematic_run_all",
        summary="全部专题库按规则更新",
        request=None,
        responses=RunOutput(many=True),
    )
    def post(self, request: Request) -> Response:
        """Enter the declared lists and bring all in line with their rules."""
        require_role(request.user, Role.OPERATOR)
        done = thematic_run_all(actor=signed_in(request.user), at=timezone.now())
        return Response(RunOutput(done, many=True).data)


class ListMembersView(ListAPIView[ListMembership]):
    """Who is on a list."""

    serializer_class = ListMembershipOutput
    queryset = ListMembership.objects.none()
    parser_classes = [MultiPartParser]

    def get_queryset(self) -> Any:
        """Return who is on it today."""
        require_role(self.request.user, *CITY_ROLES)
        row = thematic_get(self.request.user, self.kwargs["code"])
        return thematic_members(self.request.user, row, local_date(timezone.now()))

    @extend_schema(operation_id="thematic_members", summary="专题库成员")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of members."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="thematic_upload",
        summary="上传专题库名单",
        request=RegisterFileInput,
        responses={201: BatchOutput},
    )
    def post(self, request: Request, code: str) -> Response:
        """Read the sheet and return what became of its rows."""
        require_role(request.user, Role.OPERATOR)
        row = thematic_get(request.user, code)
        body = RegisterFileInput(data=request.data)
        body.is_valid(raise_exception=True)
        file = body.validated_data["file"]
        batch = thematic_upload(
            code=row.code,
            source=source_of(file),
            file_name=file.name,
            actor=signed_in(request.user),
            at=timezone.now(),
            kinds=UPLOAD_KINDS,
            limits=UPLOAD_LIMITS,
        )
        return Response(BatchOutput(batch).data, status=201)


class ThematicRunView(APIView):
    """One rule run."""

    @extend_schema(
        operation_id="thematic_run", summary="专题库按规则更新", request=None, responses=RunOutput
    )
    def post(self, request: Request, code: str) -> Response:
        """Bring the list in line with its rule."""
        require_role(request.user, Role.OPERATOR)
        row = thematic_get(request.user, code)
        done = thematic_run(code=row.code, actor=signed_in(request.user), at=timezone.now())
        return Response(RunOutput(done).data)
