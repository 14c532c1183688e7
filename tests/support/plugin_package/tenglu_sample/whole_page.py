from tenglu.imaging.geometry import Box
from tenglu.imaging.page_image import PageImage
from tenglu.stages.tables import Grid, GridCell, Sides, TableFinder


def find(page: PageImage) -> list[Grid]:
    """Take a page for a table of one cell."""
    height, width = page.darkness.shape
    box = Box(0, 0, width, height)
    cell = GridCell(0, 0, 1, 1, box.polygon, Sides(0, 0, 0, 0))
    return [Grid(1, 1, [cell], box, [0, height], [0, width], doubtful=[(0, 0)], structure=0.5)]


FINDER = TableFinder(find)
