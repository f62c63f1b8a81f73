"""The composition root: the one room that sees everything, wires it, starts it and takes it down again."""
