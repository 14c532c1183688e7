"""Options of the strip stage."""

from pydantic import Field

from tenglu.model import Frozen


class StripOptions(Frozen):
    """What counts as a mark. Lengths are in text heights of the page."""

    min_glyph: float = Field(
        default=1.3, gt=0, description="least size of a character of a watermark, text heights"
    )
    min_share: float = Field(
        default=1e-3, ge=0, le=1, description="of the page: less is dust, and nothing is removed"
    )
    min_seal: float = Field(
        default=2.5, gt=0, description="least width and height of a seal, text heights"
    )


DEFAULTS = StripOptions()
