"""ADMM compression with torch: networks, data, projections, quantizers, training, integer export."""
