"""The dashboard's entry point: `streamlit run app.py`."""

from importlib.resources import files
from pathlib import Path

import streamlit as st

from sotexplore.ui import arrival, pins, places

assets = files("sotexplore.ui").joinpath("assets")
icon = assets.joinpath("icon.svg").read_text(encoding="utf-8")
st.set_page_config(page_title="SOTExplore", page_icon=icon, layout="wide")
st.logo(assets.joinpath("logo.svg").read_text(encoding="utf-8"), size="large", icon_image=icon)
st.html(Path(str(assets.joinpath("page.css"))))

PAGES = (
    ("explore", "Explore", "scatter_plot", "All designs of a network on SOT-MRAM sub-arrays, and their Pareto front."),
    ("design", "Design", "memory", "One design in depth: what limits it, and what to change next."),
    ("compare", "Compare", "compare_arrows", "Up to six pinned designs side by side."),
    ("compress", "Compress", "model_training", "Networks pruned and quantized with ADMM: a queue of training runs."),
    ("technology", "Technology", "tune", "Memory cells and constants with their sources; cells of your own."),
    (
        "validation",
        "Validation",
        "fact_check",
        "The model beside its references, and compression beside published results.",
    ),
    ("share", "Share", "share", "Links, files for colleagues, and exports with the origin of every number."),
)
"""File in `pages/`, title, icon, and what it shows."""

page = st.navigation(
    [
        st.Page(f"pages/{name}.py", title=title, icon=f":material/{symbol}:", help=text, default=name == "explore")
        for name, title, symbol, text in PAGES
    ],
    position="top",
)
places.lay_out()
arrival.take()
with arrival.entered():
    page.run()
arrival.settle()
pins.keep_in_address()
