"""Published results of compression, each with its kind and source.

The figures were read from abstracts, papers and notes on papers; `kind` says from which. Ratios of different kinds
(weights, storage, operations, sub-arrays) do not convert into each other and are compared only with their like.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

RatioKind = Literal["weights_ratio", "storage_ratio", "operations_ratio", "subarrays_ratio"]
SourceKind = Literal["stated", "secondary", "memory"]
KINDS: Final[Mapping[str, str]] = {
    "stated": "in the abstract, the paper's text or its code's documentation",
    "secondary": "from notes on the paper, not checked in print",
    "memory": "well known, not verified",
}


@dataclass(frozen=True)
class Published:
    """One published result."""

    method: str
    network: str
    """As the paper calls it."""
    ours: str | None
    """The same network in our catalogue; None where there is none."""
    structure: str
    ratio_kind: RatioKind
    ratio: float
    """Dense network over the compressed one; of sub-arrays, dense at 8 bits."""
    accuracy_ratio: float | None
    """None where the paper gives a loss in words alone."""
    accuracy_text: str
    """As published."""
    kind: SourceKind
    source: str
    weight_bits: int | None = None
    activation_bits: int | None = None
    note: str = ""

    @property
    def source_text(self) -> str:
        """The source, with what is to be said of the figure."""
        return self.source + (f" ({self.note})" if self.note else "")


_LENET, _VGG, _RES18, _RES20 = "lenet5-mnist", "vgg16-cifar10", "resnet18-cifar10", "resnet20-cifar10"
_MEMRISTOR: Final = "Ultra-efficient memristor-based DNN framework, arXiv 1908.11691"
_TINY: Final = "Tiny but Accurate, arXiv 1908.10017"
_FROM_SHARE: Final = "ratio from the published share that is removed"
_BOTH: Final = "activations taken to have the bits of the weights"

RESULTS: Final = (
    Published("ADMM pruning (Zhang)", "LeNet-5", _LENET, "unstructured", "weights_ratio", 71.0, 0.992, "99.2 %", "stated",
              "Zhang et al., arXiv 1804.03294"),
    Published("ADMM-NN", "LeNet-5", _LENET, "unstructured", "weights_ratio", 85.0, None, "no loss", "stated", "ADMM-NN, arXiv 1812.11677"),
    Published("ADMM-NN", "LeNet-5", _LENET, "unstructured and quantized", "storage_ratio", 1910.0, None, "no loss", "stated",
              "ADMM-NN, arXiv 1812.11677", note="whether indices are counted is not known here"),
    Published("Progressive ADMM", "LeNet-5", _LENET, "unstructured", "weights_ratio", 246.0, None, "almost no loss", "stated", "arXiv 1903.09769"),
    Published("Memristor framework", "LeNet-5", _LENET, "structured, 32 × 32 arrays", "weights_ratio", 17.7, 0.9915, "99.15 %, dense 99.17 %",
              "secondary", _MEMRISTOR),
    Published("Memristor framework", "LeNet-5", _LENET, "structured, 32 × 32 arrays", "weights_ratio", 37.0, None, "negligible loss",
              "secondary", _MEMRISTOR),
    Published("Memristor framework", "LeNet-5", _LENET, "structured, 32 × 32 arrays", "weights_ratio", 105.5, None,
              "within 1 % of 99.17 %", "secondary", _MEMRISTOR),
    Published("Tiny but Accurate", "LeNet-5", _LENET, "filter, column, purification", "weights_ratio", 231.8, 0.9805, "98.05 %", "secondary",
              _TINY, 8),
    Published("FORMS", "LeNet-5", _LENET, "pruned, quantized, polarised", "subarrays_ratio", 185.0 * 8 / 32, 0.9917, "99.17 %", "secondary", "FORMS, ISCA 2021",
              note="185× crossbars, counted from 32-bit weights; here from 8 bits, as ours are"),
    Published("RedBit", "LeNet-5", _LENET, "quantized only", "weights_ratio", 1.0, 0.9962, "99.62 %", "stated", "RedBit", 2, 2),
    Published("RedBit", "LeNet-5", _LENET, "quantized only", "weights_ratio", 1.0, 0.9906, "99.06 %", "stated", "RedBit", 1, 1),
    Published("Memristor framework", "VGG-16", _VGG, "structured, 128 × 64 arrays", "weights_ratio", 9.3, None, "−0.1 points", "stated", _MEMRISTOR),
    Published("Memristor framework", "VGG-16", _VGG, "structured, 128 × 64 arrays", "weights_ratio", 29.8, None, "−0.5 points", "stated", _MEMRISTOR,
              note="power −98.4 %, area −98.3 % at 5 bits"),
    Published("CHIP", "VGG-16-BN", _VGG, "filter", "weights_ratio", 1 / (1 - 0.833), 0.9372, "93.72 %, dense 93.96 %", "stated", "CHIP", note=_FROM_SHARE),
    Published("CHIP", "VGG-16-BN", _VGG, "filter", "operations_ratio", 1 / (1 - 0.666), 0.9372, "93.72 %, dense 93.96 %", "stated", "CHIP", note=_FROM_SHARE),
    Published("Memristor framework", "ResNet-18", _RES18, "structured, 128 × 64 arrays", "weights_ratio", 11.8, None, "−0.5 points", "stated", _MEMRISTOR),
    Published("Memristor framework", "ResNet-18", _RES18, "structured, 128 × 64 arrays", "weights_ratio", 20.9, None, "−0.76 points", "stated", _MEMRISTOR,
              note="power −97.0 %, area −97.5 %"),
    Published("Tiny but Accurate", "ResNet-18", _RES18, "filter, column, purification", "weights_ratio", 59.8, 0.9327, "93.27 %, dense 93.79 %",
              "secondary", _TINY, 8),
    Published("PIM-Prune", "ResNet-18", _RES18, "rows and columns of crossbars", "subarrays_ratio", 24.85, None, "negligible loss", "stated", "PIM-Prune",
              note="crossbars saved"),
    Published("Meng", "ResNet-18", _RES18, "structured and quantized", "storage_ratio", 65.4, None, "−1.1 points", "stated", "Meng et al., TCAS-II 2021", 4, 4,
              note="against 32-bit float"),
    Published("DepGraph", "ResNet-56", None, "filter", "operations_ratio", 2.57, 0.9364, "93.64 %, dense 93.5 %", "stated", "DepGraph"),
    Published("CHIP", "ResNet-56", None, "filter", "operations_ratio", 1 / (1 - 0.47), 0.9416, "94.16 %, dense 93.26 %", "stated", "CHIP", note=_FROM_SHARE),
    Published("CHIP", "ResNet-56", None, "filter", "operations_ratio", 1 / (1 - 0.74), 0.9243, "92.43 %, dense 93.26 %", "stated", "CHIP", note=_FROM_SHARE),
    Published("PACT", "ResNet-20", _RES20, "quantized only", "weights_ratio", 1.0, 0.908, "90.8 %, float 91.6 to 91.8 %", "stated", "PACT", 4, 4),
    Published("PACT", "ResNet-20", _RES20, "quantized only", "weights_ratio", 1.0, 0.906, "90.6 %, float 91.6 to 91.8 %", "stated", "PACT", 3, 3),
    Published("PACT", "ResNet-20", _RES20, "quantized only", "weights_ratio", 1.0, 0.889, "88.9 %, float 91.6 to 91.8 %", "stated", "PACT", 2, 2),
    Published("APoT", "ResNet-20", _RES20, "quantized only", "weights_ratio", 1.0, 0.923, "92.3 %", "memory", "APoT", 4, 4, note=_BOTH),
    Published("APoT", "ResNet-20", _RES20, "quantized only", "weights_ratio", 1.0, 0.922, "92.2 %", "memory", "APoT", 3, 3, note=_BOTH),
    Published("APoT", "ResNet-20", _RES20, "quantized only", "weights_ratio", 1.0, 0.91, "91.0 %", "memory", "APoT", 2, 2, note=_BOTH),
)  # fmt: skip
"""Every result; accuracies as published, on MNIST for LeNet-5 and on CIFAR-10 for the rest."""
