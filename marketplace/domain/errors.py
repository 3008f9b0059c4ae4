"""Refusals: the one way in which a rule or a service says no, in words its reader can act on.

Every refusal carries a stable code (for scripts and tests) and one Chinese sentence (for people). Pages and the API
render both; nothing else about a failed request is shown.
"""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """A business rule says no.

    Attributes:
        code: stable UPPER_SNAKE identifier, e.g. ``USCC_CHECK_DIGIT``.
        sentence: one Chinese sentence for the reader.
        fields: field name to Chinese sentence, for forms and API bodies; may be empty.
        status: HTTP status the interfaces answer with.
    """

    status = 400

    def __init__(self, code: str, sentence: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence
        self.fields: dict[str, str] = dict(fields or {})


class NotFound(Refused):
    """The thing does not exist for this reader; also the answer to a stranger."""

    status = 404

    def __init__(
        self, code: str = "NOT_FOUND", sentence: str = "没有找到该内容，或您无权查看。"
    ) -> None:
        super().__init__(code, sentence)


class NotPermitted(Refused):
    """The reader may know of the thing but not do this to it."""

    status = 403

    def __init__(
        self, code: str = "NOT_PERMITTED", sentence: str = "您没有进行此操作的权限。"
    ) -> None:
        super().__init__(code, sentence)


class TransitionRefused(Refused):
    """The thing is not in a state in which this event is allowed."""

    status = 409

    def __init__(
        self,
        state: str,
        event: str,
        sentence: str,
        code: str = "TRANSITION_REFUSED",
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, sentence, fields)
        self.state = state
        self.event = event


class Conflict(Refused):
    """The same thing exists already, or somebody else was faster."""

    status = 409
