"""How any figure is drawn: the sheet, the styles of the modes, the numbers behind it."""
