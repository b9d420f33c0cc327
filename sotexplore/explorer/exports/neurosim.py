"""The compressed network as a NeuroSim network file (NetWork.csv of DNN+NeuroSim 1.3 and later).

Columns, as that tool reads them: width and height of the input feature map, its channels, kernel width and height,
filters, whether pooling follows, stride. Further columns are text here: its reader turns them into numbers that it never
uses. NeuroSim knows whole channels only, so kept rows are rounded up to whole channels of the kernel; it knows no
padding, so the feature maps stand as they enter the layer.
"""

import csv
import io

from sotexplore import catalogue
from sotexplore.explorer.exports.handover import HandOver, provenance
from sotexplore.workload import Layer


def neurosim_bytes(item: HandOver) -> bytes:
    """One row a layer, kept shapes; behind the eight columns that NeuroSim reads: layer, what was kept, versions."""
    network = catalogue.network(item.evaluation.design.network)
    origin = " ".join(f"{name}={value}" for name, value in provenance(item.evaluation).items())
    rows = {row["name"]: row for row in item.evaluation.layers}
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for layer in network.layers:
        kept = rows[layer.name]
        said = (
            f"kept {kept['kept_filters']} of {kept['filters']} filters and {kept['kept_rows']} of {kept['rows']} rows; "
            f"{kept['weight_bits']}-bit weights; {kept['input_bits']}-bit inputs"
        )
        words = (layer.name, said, origin)
        writer.writerow(
            [*_shape(layer, kept["kept_filters"], kept["kept_rows"]), *(word.replace(",", ";") for word in words)]
        )
    return buffer.getvalue().encode()


def _shape(layer: Layer, kept_filters: int, kept_rows: int) -> tuple[int, ...]:
    channels = -(-kept_rows // layer.kernel**2) * layer.groups
    pooled = int(layer.pool is not None)
    return (layer.in_width, layer.in_height, channels, layer.kernel, layer.kernel, kept_filters, pooled, layer.stride)
