"""A look for each decision: a colour, an icon and a word. Colour is never the only difference."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Look:
    """How a decision is shown.

    Attributes
    ----------
    colour : str
        The colour in plots.
    name : str
        Streamlit's name for it; the theme file says which colour that is.
    icon, shape : str
        The icon in text, and the shape in plots.
    """

    colour: str
    name: str
    icon: str
    shape: str

    def tag(self, text: str) -> str:
        """Text in its colour, with its icon, as Markdown."""
        return f":{self.name}[{self.icon}\N{NO-BREAK SPACE}{text}]"


LOOKS: Final = {
    "approve": Look("#1769d1", "blue", ":material/check_circle:", "circle"),
    "review": Look("#c08a00", "orange", ":material/search:", "square"),
    "block": Look("#c2255c", "red", ":material/block:", "triangle-up"),
}
"""Mildest first."""

NEUTRAL: Final = "#6b7885"
RAISES: Final = LOOKS["block"].colour
LOWERS: Final = LOOKS["approve"].colour
