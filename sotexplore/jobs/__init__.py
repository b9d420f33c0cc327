"""Compression runs as jobs: a queue on disk, one worker process beside the dashboard, progress for all to see."""
