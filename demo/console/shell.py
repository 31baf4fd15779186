"""The frame of every page: the connections, its head, and errors."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from urllib.parse import urlsplit

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from console.api import Api
from console.connection import Answer
from console.errors import ApiError
from console.reviews.client import KEY_NAME, Reviews
from console.schema import Schema

MODEL_TTL_S = 15
STATE_EVERY_S = 60
API_VIEW = "api_view"
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def api() -> Api:
    """The connection of this session."""
    if "api" not in st.session_state:
        st.session_state.api = Api(_setting("FRAUD_API_URL"), _setting("FRAUD_API_KEY"))
    connection: Api = st.session_state.api
    return connection


def reviews() -> Reviews:
    """The connection to the queue, which has a key of its own."""
    if "reviews" not in st.session_state:
        own = _setting(KEY_NAME)
        st.session_state.reviews = Reviews(
            _setting("FRAUD_API_URL"), own or _setting("FRAUD_API_KEY"), has_own_key=bool(own)
        )
    connection: Reviews = st.session_state.reviews
    return connection


def _setting(name: str) -> str:
    """A secret of the app, else an environment variable, else an empty text."""
    try:
        return str(st.secrets[name])
    except (KeyError, StreamlitSecretNotFoundError):
        return os.environ.get(name, "")


def is_local() -> bool:
    """Whether the API runs on this machine, as that of `make demo` does."""
    return urlsplit(api().url).hostname in LOCAL


def model() -> Answer:
    """The answer of GET /model, cached for `MODEL_TTL_S`.

    Raises
    ------
    ApiError
        If the request fails.
    """
    return _model(api().url, api())


@st.cache_data(ttl=MODEL_TTL_S, show_spinner="Asking the API for its model")
def _model(url: str, _api: Api) -> Answer:  # noqa: ARG001  # the key of the cache
    return _api.model()


def schema() -> Schema:
    """The schema of the model in service; errors as of `model`."""
    return Schema.of(model())


@contextmanager
def errors_shown(where: str, labels: Mapping[str, str] = MappingProxyType({})) -> Iterator[None]:
    """Show an error of the block, with a button to try again.

    Parameters
    ----------
    where : str
        Makes the key of the button unique.
    labels : dict of str to str
        The labels of the fields that may be at fault.
    """
    try:
        yield
    except ApiError as error:
        st.error(error.explained(labels), title=error.title, icon=":material/error:")
        if not error.faults:
            st.button("Try again", key=f"again-{where}", icon=":material/refresh:")


def head(title: str) -> None:
    """The title of a page, the state of the API, and the switch for the API's own words."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        _state_of_the_api()
        st.toggle("API view", key=API_VIEW)


def is_api_view() -> bool:
    """Whether the user wants the API's own names, codes and log-odds."""
    return bool(st.session_state.get(API_VIEW))


@st.fragment(run_every=STATE_EVERY_S)
def _state_of_the_api() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        try:
            known = model()
        except ApiError as error:
            st.badge(error.title, icon=":material/cloud_off:", color="red")
            return
        st.badge("API ready", icon=":material/cloud_done:", color="blue")
        if is_api_view():
            st.badge(f"Model {known['version']}", icon=":material/deployed_code:", color="gray")
