"""API of rows whose subject a person has to confirm: the same as the operator's pages."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from borrowers.domain.candidate import CANDIDATE
from borrowers.models import SubjectCandidate
from borrowers.policies import CITY_ROLES
from borrowers.selectors.candidate import candidate_get, candidate_list, candidate_read
from borrowers.services.candidate import candidate_accept, candidate_refuse
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in


class CandidateFilterInput(StrictSerializer):
    """Which rows; all when no state is asked for."""

    state = serializers.ChoiceField(choices=list(CANDIDATE.states), required=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class CandidateAcceptInput(StrictSerializer):
    """Whose the row is: the code of one of the enterprises that are proposed."""

    uscc = serializers.CharField(max_length=18)


class CandidateRefuseInput(StrictSerializer):
    """Why nobody can say whose it is."""

    reason = serializers.CharField(max_length=200)


class CandidateOutput(serializers.Serializer[Any]):
    """A row and what was decided; nothing of what it says."""

    id = serializers.UUIDField(source="public_id")
    batch_id = serializers.UUIDField(source="batch.public_id")
    item = serializers.CharField(source="batch.item.code")
    unit = serializers.CharField(source="batch.unit.code")
    file_name = serializers.CharField(source="batch.file_name")
    row_number = serializers.IntegerField()
    state = serializers.CharField()
    uscc = serializers.CharField(source="enterprise.uscc", default=None, allow_null=True)
    kept_batch_id = serializers.UUIDField(
        source="kept_batch.public_id", default=None, allow_null=True
    )
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class ProposalOutput(serializers.Serializer[Any]):
    """An enterprise the row may be about, and why."""

    uscc = serializers.CharField(source="enterprise.uscc")
    name = serializers.CharField(source="enterprise.name")
    status = serializers.CharField(source="enterprise.status")
    bases = serializers.ListField(child=serializers.CharField())


class CluesOutput(serializers.Serializer[Any]):
    """What the row says of its subject; numbers that may come from an identity number keep their end only."""

    code = serializers.CharField(source="shown_code")
    numbers = serializers.ListField(child=serializers.CharField(), source="shown_numbers")
    name = serializers.CharField()


class CandidateDetailOutput(CandidateOutput):
    """The row while it waits, with whom it may mean."""

    clues = CluesOutput(allow_null=True)
    proposals = ProposalOutput(many=True)


class CandidateListView(ListAPIView[SubjectCandidate]):
    """Rows whose subject is asked for."""

    serializer_class = CandidateOutput
    queryset = SubjectCandidate.objects.none()

    def get_queryset(self) -> Any:
        """Return the rows the caller may see and asked for."""
        wanted = CandidateFilterInput(data=self.request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        return candidate_list(self.request.user, wanted.validated_data.get("state", ""))

    @extend_schema(
        operation_id="candidates_list", summary="待核对的主体", parameters=[CandidateFilterInput]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of rows."""
        require_role(request.user, *CITY_ROLES)
        return self.list(request, *args, **kwargs)


class CandidateView(APIView):
    """One row."""

    @extend_schema(
        operation_id="candidate_get",
        summary="一行待核对的主体与相符的企业",
        responses=CandidateDetailOutput,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return what it says of its subject, and whom it may mean."""
        found: Any = candidate_get(request.user, public_id)
        held, found.proposals = candidate_read(found)
        found.clues = held.clues if held else None
        return Response(CandidateDetailOutput(found).data)


class CandidateAcceptView(APIView):
    """A person says whose the row is."""

    @extend_schema(
        operation_id="candidate_accept",
        summary="确认主体并入库",
        request=CandidateAcceptInput,
        responses=CandidateOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Take the row into the enterprise's records."""
        candidate_get(request.user, public_id)
        require_role(request.user, Role.OPERATOR)
        body = CandidateAcceptInput(data=request.data)
        body.is_valid(raise_exception=True)
        done = candidate_accept(
            public_id=public_id,
            **body.validated_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        )
        return Response(CandidateOutput(done).data)


class CandidateRefuseView(APIView):
    """A person leaves the row out."""

    @extend_schema(
        operation_id="candidate_refuse",
        summary="退回待核对的行",
        request=CandidateRefuseInput,
        responses=CandidateOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Leave the row out of the records."""
        candidate_get(request.user, public_id)
        require_role(request.user, Role.OPERATOR)
        body = CandidateRefuseInput(data=request.data)
        body.is_valid(raise_exception=True)
        done = candidate_refuse(
            public_id=public_id,
            **body.validated_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        )
        return Response(CandidateOutput(done).data)
