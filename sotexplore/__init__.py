"""SOTExplore: design-space exploration of compressed deep networks on SOT-MRAM processing-in-memory."""

__version__ = "0.1.0"
