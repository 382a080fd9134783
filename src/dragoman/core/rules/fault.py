"""The one complaint about rules, and text quoted as the original quotes it in its complaints."""

import json


class RuleFault(ValueError):
    """A rule that cannot be read, or a condition that has no answer at this moment; the text is for people."""


def quoted(text: str) -> str:
    """Text in double quotes, with what cannot be seen written as escapes."""
    return json.dumps(text, ensure_ascii=False)
