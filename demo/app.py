"""The demo: a Streamlit client of the fraud API."""

from pathlib import Path

import streamlit as st

from console.shell import errors_shown, head

ICON = Path(__file__).parent / "icon.svg"

st.set_page_config(page_title="Fraud API", page_icon=str(ICON), layout="wide")

st.logo(str(ICON))
page = st.navigation(
    [
        st.Page("views/score.py", title="Score", icon=":material/fact_check:", default=True),
        st.Page("views/what_if.py", title="What if", icon=":material/tune:", url_path="what-if"),
        st.Page("views/stream.py", title="Stream", icon=":material/stream:", url_path="stream"),
        st.Page("views/review.py", title="Review", icon=":material/rule:", url_path="review"),
        st.Page(
            "views/upload.py", title="Upload", icon=":material/upload_file:", url_path="upload"
        ),
        st.Page("views/model.py", title="Model", icon=":material/query_stats:", url_path="model"),
    ],
    position="top",
)
head(page.title)
with errors_shown("page"):
    page.run()
