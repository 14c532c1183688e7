"""Errors of requests that cannot be carried out, with reasons in the language of the reviewer."""

from tenglu.review.core.i18n import speech


class DomainError(Exception):
    """A request that cannot be carried out; its text is one line of English."""

    def __init__(self, why: str, **facts: object) -> None:
        """Name the reason.

        Args:
            why: key of the reason in ``texts.json``, without "why-".
            facts: values of the placeholders in the text of the reason.
        """
        super().__init__(speech("en")[f"why-{why}"].format(**facts))
        self.why = why
        self.facts = facts


class NoSuchError(DomainError):
    """The document has no such table, cell or event."""


class ShapeError(DomainError):
    """The table cannot be changed in this way."""
