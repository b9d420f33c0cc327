"""Hardware: the sub-array of a processing-in-memory chip, from cells, wires and gates."""
