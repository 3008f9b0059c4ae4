"""API of an institution's branches and people, for its approvers and, of a named institution, the operator."""

from __future__ import annotations

import uuid

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.caller import caller
from lenders.api.serializers import (
    BranchInput,
    BranchOutput,
    StaffInput,
    StaffMoveInput,
    StaffOutput,
)
from lenders.models import Branch, BranchPosting, Institution
from lenders.policies import can_manage_team, require
from lenders.selectors import (
    branch_get,
    branch_list,
    institution_get,
    institution_of,
    posting_get,
    staff_list,
)
from lenders.services import branch_create, branch_edit, staff_add, staff_end, staff_move
from marketplace.domain.errors import NotFound, Refused
from marketplace.domain.roles import Role
from marketplace.models import User


class BranchListView(APIView):
    """The branches of the caller's institution."""

    @extend_schema(
        operation_id="lender_branches_list", summary="本机构网点", responses=BranchOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        """Return the branches, the default one first."""
        branches = branch_list(institution_of(caller(request)))
        return Response(BranchOutput(branches, many=True).data)

    @extend_schema(
        operation_id="lender_branch_create",
        summary="添加网点",
        request=BranchInput,
        responses={201: BranchOutput},
    )
    def post(self, request: Request) -> Response:
        """Open a branch and return it."""
        return _branch_opened(request, institution_of(caller(request)))


class BranchView(APIView):
    """One branch."""

    @extend_schema(
        operation_id="lender_branch_edit",
        summary="修改网点",
        request=BranchInput,
        responses=BranchOutput,
    )
    def put(self, request: Request, public_id: uuid.UUID) -> Response:
        """Replace the branch's name and districts and return it."""
        branch = branch_get(caller(request), public_id)
        body = BranchInput(data=request.data)
        body.is_valid(raise_exception=True)
        changed = branch_edit(
            branch=branch, **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return Response(BranchOutput(changed).data)


class StaffListView(APIView):
    """The people of the caller's institution."""

    @extend_schema(
        operation_id="lender_staff_list", summary="本机构人员", responses=StaffOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        """Return who works where, in which role."""
        staff = staff_list(institution_of(caller(request)))
        return Response(StaffOutput(staff, many=True).data)

    @extend_schema(
        operation_id="lender_staff_add",
        summary="开通人员账号",
        request=StaffInput,
        responses={201: StaffOutput},
    )
    def post(self, request: Request) -> Response:
        """Create an account, post it, and return the posting."""
        return _staff_added(request, institution_of(caller(request)))


class StaffView(APIView):
    """One posting."""

    @extend_schema(
        operation_id="lender_staff_move",
        summary="调整人员所在网点",
        request=StaffMoveInput,
        responses=StaffOutput,
    )
    def put(self, request: Request, public_id: uuid.UUID) -> Response:
        """Move the colleague to another branch and return the posting."""
        posting = posting_get(caller(request), public_id)
        body = StaffMoveInput(data=request.data)
        body.is_valid(raise_exception=True)
        branch = _branch(caller(request), body.validated_data["branch_id"])
        moved = staff_move(posting=posting, branch=branch, actor=caller(request), at=timezone.now())
        return _posting(moved)

    @extend_schema(operation_id="lender_staff_end", summary="终止人员任职", responses={204: None})
    def delete(self, request: Request, public_id: uuid.UUID) -> Response:
        """Relieve the colleague of the role."""
        posting = posting_get(caller(request), public_id)
        staff_end(posting=posting, actor=caller(request), at=timezone.now())
        return Response(status=204)


class InstitutionBranchView(APIView):
    """Branches of an institution the operator names."""

    @extend_schema(
        operation_id="operator_branch_create",
        summary="为机构添加网点",
        request=BranchInput,
        responses={201: BranchOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Open a branch and return it."""
        return _branch_opened(request, institution_get(caller(request), public_id))


class InstitutionStaffView(APIView):
    """People of an institution the operator names."""

    @extend_schema(
        operation_id="operator_staff_add",
        summary="为机构开通人员账号",
        request=StaffInput,
        responses={201: StaffOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Create an account, post it, and return the posting."""
        return _staff_added(request, institution_get(caller(request), public_id))


def _branch_opened(request: Request, institution: Institution) -> Response:
    require(can_manage_team(caller(request), institution))
    body = BranchInput(data=request.data)
    body.is_valid(raise_exception=True)
    branch = branch_create(
        institution=institution, **body.validated_data, actor=caller(request), at=timezone.now()
    )
    return Response(BranchOutput(branch).data, status=201)


def _staff_added(request: Request, institution: Institution) -> Response:
    require(can_manage_team(caller(request), institution))
    body = StaffInput(data=request.data)
    body.is_valid(raise_exception=True)
    data = dict(body.validated_data)
    posting = staff_add(
        institution=institution,
        branch=_branch(caller(request), data.pop("branch_id")),
        role=Role(data.pop("role")),
        **data,
        actor=caller(request),
        at=timezone.now(),
    )
    return _posting(posting, status=201)


def _branch(user: User, public_id: uuid.UUID) -> Branch:
    """Return the branch a body names; an unknown one is the body's fault, not the address's."""
    try:
        return branch_get(user, public_id)
    except NotFound:
        sentence = "请选择本机构的网点。"
        raise Refused("BRANCH_OF_OTHER", sentence, {"branch_id": sentence}) from None


def _posting(posting: BranchPosting, status: int = 200) -> Response:
    return Response(StaffOutput(posting).data, status=status)
