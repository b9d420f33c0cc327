"""What the dashboard's speed is compared with: the same designs and the same slider on a page with `st.plotly_chart`."""

import plotly.graph_objects as go
import streamlit as st

from sotexplore.design import Design
from sotexplore.store import cache_directory
from sotexplore.ui import engine, state

st.set_page_config(layout="wide")
query = st.query_params.to_dict()
cache = cache_directory()
cache_state = engine.signature(cache)
design = Design(network=query["network"])
view = state.view_of({"space": query["space"]})
frame = engine.front_frame(engine.front_spaces(design, view, cache, cache_state), cache, cache_state)
frame = frame[frame["accuracy_ratio"].notna()].head(int(query["points"]))
bits = st.slider("Weight bits", 1, 8, value=4)
current = engine.evaluation(
    Design(network=design.network, compression={"weight_bits": bits}).model_dump_json(), cache, cache_state
)
kind = go.Scattergl if query["drawing"] == "webgl" else go.Scatter
chart = go.Figure(
    [
        kind(x=frame["area_m2"] * 1e6, y=frame["accuracy_ratio"] * 1e2, mode="markers", marker={"size": 6}),
        go.Scatter(
            x=[current.metrics["area_m2"] * 1e6], y=[1e2 * (current.metrics["accuracy_ratio"] or 0.9)], mode="markers",
            marker={"symbol": "star", "size": 16},
        ),
    ]
)  # fmt: skip
chart.update_xaxes(type="log")
st.metric("Energy per frame", f"{current.metrics['energy_per_frame_j'] * 1e6:.4g} µJ")
st.plotly_chart(chart, key="chart")
