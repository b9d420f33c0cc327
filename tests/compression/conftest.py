"""The digits network is too small for two threads to help; one is also free of waiting on a busy machine."""

import torch

torch.set_num_threads(1)
