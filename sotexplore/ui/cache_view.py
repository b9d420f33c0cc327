"""What the pages say of the cache: what it lacks, what it cannot read, and that it has changed."""

from pathlib import Path

import streamlit as st

from sotexplore import catalogue
from sotexplore.checkpoint import Listing
from sotexplore.fault_study import study_problems
from sotexplore.ui import engine, places, spaces
from sotexplore.ui.formatting import plain

REFRESH_S = 5


def show_cache_problems(listing: Listing, cache: Path, network: str) -> None:
    """Says what the cache lacks, and what to do about it."""
    problems = [*listing.problems, *study_problems(cache)]
    if problems:
        lines = "\n".join(f"- {plain(problem)}" for problem in problems[:5])
        st.warning(
            lines,
            title=f"{len(problems)} unreadable files in the cache were left out",
            icon=":material/warning:",
        )
    if spaces.network_rows(listing, network):
        return
    place = (
        f"The cache ({plain(str(cache))}) is empty"
        if not listing.rows
        else f"No checkpoint of {plain(network)} in the cache"
    )
    st.info(
        "Accuracy is unknown until a network is trained and compressed: `sotexplore compress RUN.yaml` adds a checkpoint, "
        f"and it appears here by itself.{_needs(network)} Area, power and speed below are those of designs as the pruning "
        "budget plans them.",
        title=place,
        icon=":material/info:",
    )


def _needs(network: str) -> str:
    """What training a network takes that does not come with the product and cannot be downloaded."""
    if catalogue.network(network).dataset != "imagenet":
        return ""
    return f" For {plain(network)} that takes a folder with ImageNet's images, which no command downloads, and many hours of a GPU."


def watch(cache: Path, known: str) -> None:
    """Reruns the page when the cache changes, so that a new checkpoint appears by itself."""
    with places.place("watch"):
        _watch(cache, known)


@st.fragment(run_every=REFRESH_S)
def _watch(cache: Path, known: str) -> None:
    if engine.signature(cache) != known:
        st.rerun()
