"""A new password for who has forgotten theirs, by a code sent to an address they named for it beforehand.

The code takes the place of the password alone: whoever has an authenticator gives its code at the next log-in all the
same, and staff without one are not offered it.

Source: ASVS 6.4.3 (recovery does not get round the second factor), 6.5 (codes: random, short-lived, good once, few
tries), 6.3.8 (nobody learns from it which accounts there are); GB/T 22239-2019 8.1.4.1.
"""

from __future__ import annotations

from datetime import timedelta

CODE_DIGITS = 8
CODE_MINUTES = 15
CODE_TRIES = 5
CODES_A_DAY = 3
"""For one account, asked for by one network address."""
MOST_A_DAY = 9
"""For one account, whoever asks."""
ASKED_AN_HOUR, TRIED_AN_HOUR = 10, 30
"""By one network address, for whatever accounts: codes asked for, and codes given."""
GOOD_FOR = timedelta(minutes=CODE_MINUTES)
WRONG = "验证码不正确或已失效。请核对最近一次收到的验证码，或重新发送。"
"""Said of whatever is wrong: the code, its age, the account."""


def recovery_text(product: str, code: str) -> str:
    """Return what goes to the address of who asks for a new password.

    >>> recovery_text("某平台", "01234567")
    '【某平台】重设登录密码，验证码 01234567，15 分钟内有效。不是您本人操作的，请不要理会，也不要告诉别人。'
    """
    said = f"重设登录密码，验证码 {code}，{CODE_MINUTES} 分钟内有效。"
    return f"【{product}】{said}不是您本人操作的，请不要理会，也不要告诉别人。"
