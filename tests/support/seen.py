"""Evidence for cells that are made by hand."""

from tenglu.model import Evidence, EvidenceSource, Role

ENGINE = "engine"


def read(text: str, confidence: float | None, role: str = "reading", name: str = ENGINE):
    """What an engine reads."""
    return Evidence(
        source=EvidenceSource.ENGINE, name=name, role=Role(role), text=text, confidence=confidence
    )


def score(source: str, confidence: float | None):
    """How sure a source is that does not read."""
    return Evidence(
        source=EvidenceSource(source), role=Role.SCORE, text=None, confidence=confidence
    )
