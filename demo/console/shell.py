"""What surrounds each page: the connection, the state of the API, and troubles in words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from console.api import Answer, Api
from console.trouble import TroubleError

MODEL_TTL_S = 15
STATE_EVERY_S = 60


def api() -> Api:
    """The connection of whoever looks at the page."""
    if "api" not in st.session_state:
        st.session_state.api = Api(_setting("FRAUD_API_URL"), _setting("FRAUD_API_KEY"))
    found: Api = st.session_state.api
    return found


def _setting(name: str) -> str:
    """A secret of the app, else a variable of the environment, else nothing."""
    try:
        return str(st.secrets[name])
    except (KeyError, StreamlitSecretNotFoundError):
        return os.environ.get(name, "")


def model() -> Answer:
    """What the API says of its model; asked again after a while.

    Raises
    ------
    TroubleError
        If it says nothing.
    """
    return _model(api().url, api())


@st.cache_data(ttl=MODEL_TTL_S, show_spinner="Asking the API for its model")
def _model(url: str, _api: Api) -> Answer:  # noqa: ARG001  # what the answer is kept under
    return _api.model()


@contextmanager
def troubles_shown(where: str) -> Iterator[None]:
    """Say what went wrong in the block, with a way to try again; `where` tells two apart."""
    try:
        yield
    except TroubleError as trouble:
        st.error(trouble.advice, title=trouble.title, icon=":material/error:")
        if not trouble.faults:
            st.button("Try again", key=f"again-{where}", icon=":material/refresh:")


@st.fragment(run_every=STATE_EVERY_S)
def state_of_the_api() -> None:
    """Whether the API answers, and with which model."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        try:
            known = model()
        except TroubleError as trouble:
            st.badge(trouble.title, icon=":material/cloud_off:", color="red")
            return
        st.badge("API ready", icon=":material/cloud_done:", color="blue")
        st.badge(f"Model {known['version']}", icon=":material/deployed_code:", color="gray")
