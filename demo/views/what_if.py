"""The probability over amount and balance, and the amounts at which decisions change."""

from typing import Any

import streamlit as st

from console.charts import curve
from console.explore import STOPS, Quantity, points, variants
from console.palette import LOOKS
from console.payments import PRESETS, TYPES, Payment
from console.shell import api, model
from console.words import BEYOND_BALANCE, percent

FIRST = PRESETS["Mule"]
MERCHANT = PRESETS["Ordinary purchase"].payee
AMOUNT, BALANCE = 300_000.0, 1_000_000.0


def stops(label: str, options: list[float], first: float, key: str) -> float:
    """A slider over round amounts."""
    return float(
        st.select_slider(label, options, first, "{:,.0f}".format, key=key, bind="query-params")
    )


def fields(currency: str) -> Payment:
    """The payment of the form; each curve varies one of its values."""
    left, right = st.columns(2, gap="medium")
    with left:
        amount = stops(f"Amount, in {currency}", list(STOPS), AMOUNT, "if_amount")
    with right:
        label = f"Payer's balance before, in {currency}"
        balance = stops(label, [0.0, *STOPS], BALANCE, "if_balance")
    left, right = st.columns(2, gap="medium")  # a new row, because a narrow window stacks columns
    with left:
        kind = st.selectbox(
            "Type",
            list(TYPES),
            list(TYPES).index(FIRST.type),
            TYPES.__getitem__,
            key="if_type",
            bind="query-params",
        )
    with right:
        hour = st.slider(
            "Hour of day", 0, 23, FIRST.hour, format="%02d:00", key="if_hour", bind="query-params"
        )
    payee = MERCHANT if kind == "PAYMENT" else FIRST.payee
    return Payment(kind, amount, balance, hour, FIRST.payer, payee)


def ask(payment: Payment, quantity: Quantity) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The points of a curve, and the payment's own point."""
    payments = variants(payment, quantity)
    answers = api().predict_batch([variant.as_request() for variant in payments])
    curve_points = points(payments, answers, quantity)
    return curve_points, curve_points[payments.index(payment)]


def show_curve(
    payment: Payment, quantity: Quantity, title: str, threshold: float
) -> dict[str, Any]:
    """Draw one curve and return the payment's own point."""
    curve_points, now = ask(payment, quantity)
    positive = [point for point in curve_points if point["x"] > 0]
    st.altair_chart(
        curve(positive, now=now, threshold=threshold, title=title),
        key=f"curve-{quantity}",
        alt=f"Probability of fraud over the {quantity}; now {percent(now['probability'])}, "
        f"{now['decision']}.",
    )
    return now


st.title("What if")
st.markdown("Move a slider. Each curve shows the API's answers to a hundred payments.")
known = model()
with st.container(border=True):
    payment = fields(known["policy"]["currency"])
verdict = st.container()
left, right = st.columns(2, gap="medium")
with left:
    st.subheader("Another amount", anchor=False)
    now = show_curve(payment, "amount", "Amount", known["threshold"])
with right:
    st.subheader("Another balance", anchor=False)
    show_curve(payment, "balance", "Payer's balance before", known["threshold"])
look = LOOKS[now["decision"]]
verdict.header(
    f"{look.tag(now['decision'].capitalize())} at a probability of {percent(now['probability'])}",
    anchor=False,
)
if payment.is_beyond_balance:
    verdict.warning(
        f"The amount exceeds the payer's balance. {BEYOND_BALANCE}",
        icon=":material/account_balance_wallet:",
    )
st.caption(
    "The mark is the payment, the dashed line the threshold of `is_fraud`. A decision also depends "
    "on the amount, so its regions do not follow the probability alone. If amount and balance are "
    "equal, the payment empties the account. Dotted: the amount exceeds the balance. "
    f"{BEYOND_BALANCE}"
)
