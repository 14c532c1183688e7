"""What the desk refuses, with a reason that each browser says in its own language."""

from tenglu.review.web.i18n import speech


class DomainError(Exception):
    """Something that cannot be done; its text is one line of English."""

    def __init__(self, why: str, **facts: object) -> None:
        """Refuse.

        Args:
            why: what of ``texts.json`` tells the reason, without "why-".
            facts: what stands in it.
        """
        super().__init__(speech("en")[f"why-{why}"].format(**facts))
        self.why = why
        self.facts = facts


class NoSuchError(DomainError):
    """The document holds no such thing."""


class ShapeError(DomainError):
    """It cannot be changed so."""
