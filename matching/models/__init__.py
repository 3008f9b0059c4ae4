"""Tables of the meeting place."""

from matching.models.application import ApplicationEvent, ApplicationPermission, LoanApplication
from matching.models.demand import FinancingDemand
from matching.models.evaluation import CreditEvaluation, EvaluationRescore, EvaluationRun
from matching.models.event import (
    EventDesk,
    EventFollowUp,
    EventIntention,
    EventInvitation,
    EventMeeting,
    MatchmakingEvent,
)
from matching.models.gap import UsableCount
from matching.models.lead import DemandLead, LeadEvent
from matching.models.loan import CreditLine, Loan, OutcomeEvent
from matching.models.portrait import CreditPortrait
from matching.models.score_model import ScoreModelVersion
from matching.models.whitelist import Whitelist, WhitelistEntry
from matching.models.whitelist_contact import WhitelistContact, WhitelistReceipt
from matching.models.whitelist_upload import WhitelistUpload

__all__ = [
    "ApplicationEvent",
    "ApplicationPermission",
    "CreditEvaluation",
    "CreditLine",
    "CreditPortrait",
    "DemandLead",
    "EvaluationRescore",
    "EvaluationRun",
    "EventDesk",
    "EventFollowUp",
    "EventIntention",
    "EventInvitation",
    "EventMeeting",
    "FinancingDemand",
    "LeadEvent",
    "Loan",
    "LoanApplication",
    "MatchmakingEvent",
    "OutcomeEvent",
    "ScoreModelVersion",
    "UsableCount",
    "Whitelist",
    "WhitelistContact",
    "WhitelistEntry",
    "WhitelistReceipt",
    "WhitelistUpload",
]
