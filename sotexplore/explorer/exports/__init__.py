"""Designs handed over as files: one module per format, all named in `registry`."""
