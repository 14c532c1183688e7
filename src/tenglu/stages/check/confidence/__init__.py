"""How likely it is that the text of a cell is right."""
