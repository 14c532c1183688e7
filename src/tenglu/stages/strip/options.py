"""Options of the strip stage."""

from pydantic import Field

from tenglu.model import Frozen


class StripOptions(Frozen):
    """Least sizes of watermarks and seals. Lengths are in text heights of the page."""

    min_glyph: float = Field(
        default=1.3, gt=0, description="minimum size of a watermark character, text heights"
    )
    min_share: float = Field(
        default=1e-3,
        ge=0,
        le=1,
        description="minimum share of the page covered by a mark; less is treated as dust and kept",
    )
    min_seal: float = Field(
        default=2.5, gt=0, description="minimum width and height of a seal, text heights"
    )


DEFAULTS = StripOptions()
