"""A network of tenglu's own that sees tables, rows and columns, drawn or not; and what it proposes.

It is one witness among others: it proposes lattices with a probability for each boundary, and the
judge of the grid decides. How it was trained stands in the README beside its weights.
"""

from tenglu.stages.tables.learned.boundaries import Boundary
from tenglu.stages.tables.learned.maps import SeparatorMaps, separators
from tenglu.stages.tables.learned.proposals import Proposal, Span, propose

__all__ = ["Boundary", "Proposal", "SeparatorMaps", "Span", "propose", "separators"]
