"""Helpers of these tests lie beside them; one thread, as in tests/compression."""

import sys
from pathlib import Path

import torch

torch.set_num_threads(1)
sys.path.insert(0, str(Path(__file__).resolve().parent))
