"""Functional simulation: a compressed network run bit by bit as the sub-arrays would run it, ideal or with faults."""
