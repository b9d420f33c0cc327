"""The dashboard's entry point: `streamlit run app.py`."""

from importlib.resources import files

import streamlit as st

assets = files("sotexplore.ui").joinpath("assets")
icon = assets.joinpath("icon.svg").read_text(encoding="utf-8")
st.set_page_config(page_title="SOTExplore", page_icon=icon, layout="wide")
st.logo(assets.joinpath("logo.svg").read_text(encoding="utf-8"), size="large", icon_image=icon)

st.navigation(
    [
        st.Page(
            "pages/explore.py",
            title="Explore",
            icon=":material/scatter_plot:",
            help="Accuracy, area, power and speed of compressed networks on SOT-MRAM sub-arrays, and their Pareto front.",
            default=True,
        ),
        st.Page(
            "pages/compress.py",
            title="Compress",
            icon=":material/model_training:",
            help="Prune and quantize networks with ADMM: a queue of training runs, live.",
        ),
    ],
    position="top",
).run()
