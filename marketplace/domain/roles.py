"""Roles a person can hold in an organisation, and the kinds of organisation (domain note 4.2)."""

from __future__ import annotations

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is to the marketplace."""

    ENTERPRISE = "ENTERPRISE"
    INSTITUTION = "INSTITUTION"
    DISTRICT = "DISTRICT"
    CITY = "CITY"


class Role(StrEnum):
    """What a person may do for an organisation."""

    OWNER = "OWNER"
    AGENT = "AGENT"
    OFFICER = "OFFICER"
    APPROVER = "APPROVER"
    DISTRICT_CLERK = "DISTRICT_CLERK"
    DISTRICT_LEAD = "DISTRICT_LEAD"
    OPERATOR = "OPERATOR"
    AUDITOR = "AUDITOR"


SYSTEM = "SYSTEM"
"""The marketplace itself, as the cause of a transition (clocks, routing)."""

ROLE_LABELS = {
    Role.OWNER: "企业负责人",
    Role.AGENT: "企业经办人",
    Role.OFFICER: "客户经理",
    Role.APPROVER: "审批人",
    Role.DISTRICT_CLERK: "区级经办",
    Role.DISTRICT_LEAD: "区级复核",
    Role.OPERATOR: "市级运营",
    Role.AUDITOR: "审计监督",
}

ORGANISATION_KIND_LABELS = {
    OrganisationKind.ENTERPRISE: "企业",
    OrganisationKind.INSTITUTION: "金融机构",
    OrganisationKind.DISTRICT: "区级部门",
    OrganisationKind.CITY: "市级平台",
}

ROLES_OF_KIND = {
    OrganisationKind.ENTERPRISE: (Role.OWNER, Role.AGENT),
    OrganisationKind.INSTITUTION: (Role.OFFICER, Role.APPROVER),
    OrganisationKind.DISTRICT: (Role.DISTRICT_CLERK, Role.DISTRICT_LEAD),
    OrganisationKind.CITY: (Role.OPERATOR, Role.AUDITOR),
}

STAFF_ROLES = frozenset(Role) - frozenset(ROLES_OF_KIND[OrganisationKind.ENTERPRISE])
"""Who works with other people's data."""

EXCLUSIVE_ROLES = frozenset({Role.OPERATOR, Role.AUDITOR})
"""Nobody may both operate the marketplace and audit it (GB/T 22239-2019, 访问控制 d)."""
