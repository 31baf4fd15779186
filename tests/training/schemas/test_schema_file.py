"""Schema files: what they say, and one line for each thing that is wrong with them."""

import re
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

import training.schemas
from fraud_api_lambda.domain.schema import Attribute, Kind, Roles, Schema, Time, Unit
from training.errors import InputError
from training.schemas.file import read_schema

CARDS = """
name = "cards"
currency = "USD"
timezone = "America/New_York"
label_delay = "7d"
peer_group = "category"
ignore = ["city"]

[roles]
time = "trans_date_trans_time"
amount = "amt"
payer = "cc_num"
payee = "merchant"
label = "is_fraud"

[attributes]
category = {kind = "category", label = "kind of shop"}
gender = "flag"
shop = ["merch_lat", "merch_long"]
"V*" = "number"
payee_is_merchant = {column = "merchant", prefix = "M"}

[entities]
device = "device_id"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cards.toml"


def problems(file: Path, text: str) -> list[str]:
    """What is said of a file, line by line, without its path."""
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        read_schema(file)
    return [line.removeprefix(f"{file}, ") for line in str(caught.value).splitlines()]


def without(line: str) -> str:
    assert line in CARDS
    return CARDS.replace(f"{line}\n", "")


def test_a_schema_gives_each_column_its_meaning(file: Path) -> None:
    file.write_text(CARDS)

    assert read_schema(file) == Schema(
        name="cards",
        currency="USD",
        timezone="America/New_York",
        label_delay_s=7 * 86_400,
        peer_group="category",
        roles=Roles(
            time=Time("trans_date_trans_time"),
            amount="amt",
            label="is_fraud",
            payer="cc_num",
            payee="merchant",
        ),
        attributes={
            "category": Attribute("category", Kind.CATEGORY, ("category",), label="kind of shop"),
            "gender": Attribute("gender", Kind.FLAG, ("gender",)),
            "shop": Attribute("shop", Kind.PLACE, ("merch_lat", "merch_long")),
            "V*": Attribute("V*", Kind.NUMBER, ("V*",)),
            "payee_is_merchant": Attribute("payee_is_merchant", Kind.FLAG, ("merchant",), "M"),
        },
        entities={"device": "device_id"},
        ignore=("city",),
    )


def test_the_schema_of_paysim_is_a_file_like_any_other() -> None:
    schema = read_schema(Path(training.schemas.__file__).with_name("paysim.toml"))

    assert schema.roles.time == Time("step", Unit.HOUR, first=1)
    assert schema.columns() == (
        "step",
        "amount",
        "isFraud",
        "nameOrig",
        "nameDest",
        "oldbalanceOrg",
        "oldbalanceDest",
        "label_time",
        "weight",
        "newbalanceOrig",
        "newbalanceDest",
        "type",
    )


@pytest.mark.parametrize(
    ("line", "written", "problem"),
    [
        ('name = "cards"', 'name = "Cards"', "line 2, name: 'Cards' is not allowed"),
        ('currency = "USD"', 'currency = "$"', "line 3, currency: '$' is not allowed"),
        (
            'timezone = "America/New_York"',
            'timezone = "America/New York"',
            "line 4, timezone: 'America/New York' is not a timezone; did you mean",
        ),
        ('label_delay = "7d"', 'label_delay = "7 days"', "line 5, label_delay: '7 days' is not"),
        ('label_delay = "7d"', 'label_delay = "401d"', "line 5, label_delay: a delay is at most"),
        (
            'peer_group = "category"',
            'peer_group = "gender"',
            "line 6, peer_group: 'gender' is not a category; choose one of category",
        ),
        ('ignore = ["city"]', 'ignor = ["city"]', "line 7, ignor: unknown key; did you mean igno"),
        ('ignore = ["city"]', 'ignore = ["amt"]', "line 7, ignore: amt is in use elsewhere"),
        ('amount = "amt"', "", "line 9, roles.amount: missing; name the column"),
        (
            'amount = "amt"',
            'amount = "amt"\nmerchant = "m"',
            "line 12, roles.merchant: unknown key; choose one of time, amount,",
        ),
        ('payee = "merchant"', 'payee = "?"', "line 13, roles.payee: '?' is undecided: write a c"),
        ('payee = "merchant"', 'payee = "cc_num"', "line 13, roles.payee: cc_num is the payer al"),
        (
            'time = "trans_date_trans_time"',
            'time = {column = "t", unit = "hours"}',
            "line 10, roles.time.unit: 'hours' is not known; did you mean hour?",
        ),
        (
            'gender = "flag"',
            'gender = "flags"',
            "line 18, attributes.gender: 'flags' is not known; did you mean flag?",
        ),
        ('gender = "flag"', 'gender = "?"', "line 18, attributes.gender: '?' is undecided: write"),
        ('gender = "flag"', "gender = 3", "line 18, attributes.gender: 3 is not a kind; write"),
        ('gender = "flag"', 'amt = "number"', "line 18, attributes.amt: amt is the amount already"),
        (
            'gender = "flag"',
            'kind = {kind = "number", column = "category"}',
            "line 18, attributes.kind: category is the category category already; delete the line",
        ),
        (
            'gender = "flag"',
            'home = ["lat", "lat"]',
            "line 18, attributes.home: lat is the place home already; delete the line",
        ),
        (
            'gender = "flag"',
            'tens = {column = "amt", prefix = "1"}',
            "line 18, attributes.tens: amt is the amount, which has no prefix; delete the line",
        ),
        (
            'gender = "flag"',
            'north = {column = "merch_lat", prefix = "5"}',
            "line 18, attributes.north: merch_lat is the place shop, which has no prefix; delete",
        ),
        (
            'shop = ["merch_lat", "merch_long"]',
            'shop = ["merch_lat"]',
            "line 19, attributes.shop.1: missing; write both columns of the place",
        ),
        ('gender = "flag"', "gender = {}", "line 18, attributes.gender.kind: missing; write numb"),
        ('name = "cards"', "name = 7", "line 2, name: 7 is not allowed; write one text, in quotes"),
        (
            'ignore = ["city"]',
            'ignore = "city"',
            "line 7, ignore: 'city' is not allowed; write a l",
        ),
        ('ignore = ["city"]', "decimals = 9", "line 7, decimals: 9 is not allowed; write 6 or le"),
        ('ignore = ["city"]', "decimals = -1", "line 7, decimals: -1 is not allowed; write 0 or "),
        ('ignore = ["city"]', "decimals = []", "line 7, decimals: [] is not allowed; write a who"),
        ('amount = "amt"', 'amount = ["amt"]', "line 11, roles.amount: ['amt'] is not allowed; wr"),
        (
            'device = "device_id"',
            'Device = "device_id"',
            "line 24, entities.Device.[key]: 'Device' is not allowed",
        ),
        (
            'device = "device_id"',
            'payer = "device_id"',
            "line 24, entities.payer: payer has a history of its own already; choose another name",
        ),
    ],
)
def test_a_problem_is_reported_with_its_line_and_key(
    file: Path, line: str, written: str, problem: str
) -> None:
    (found,) = problems(file, CARDS.replace(line, written))

    assert found.startswith(problem)


@pytest.fixture
def zone_of_the_system(tmp_path: Path) -> Iterator[str]:
    """A time zone that the operating system knows and the image does not."""
    (tmp_path / "Mars").mkdir()
    (tmp_path / "Mars" / "Olympus").write_bytes(b"TZif")
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([tmp_path])
    yield "Mars/Olympus"
    zoneinfo.reset_tzpath(before)


def test_a_timezone_that_the_image_does_not_know_is_refused(
    file: Path, zone_of_the_system: str
) -> None:
    assert zone_of_the_system in zoneinfo.available_timezones()

    said = problems(file, CARDS.replace("America/New_York", zone_of_the_system))

    assert said[0].startswith("line 4, timezone: 'Mars/Olympus' is not a timezone")


def test_all_problems_are_reported_at_once(file: Path) -> None:
    text = without('amount = "amt"').replace('"flag"', '"flg"').replace("USD", "usd")

    assert [re.sub(":.*", "", line) for line in problems(file, text)] == [
        "line 3, currency",
        "line 9, roles.amount",
        "line 17, attributes.gender",
    ]


def test_problems_are_reported_in_the_order_of_their_lines(file: Path) -> None:
    text = "nam = 1\n" + CARDS.replace('"trans_date_trans_time"', '{column = "t", unit = "x"}')

    found = problems(file, text.replace("amt", "?"))

    numbers = [int(line.split(",")[0].removeprefix("line ")) for line in found]
    assert len(numbers) == 3
    assert numbers == sorted(numbers)


def test_a_duplicate_role_is_reported_with_its_line(file: Path) -> None:
    file.write_text(CARDS.replace('label = "is_fraud"', 'label = "is_fraud"\nlabel = "fraud"'))

    with pytest.raises(InputError, match=r"not TOML: Cannot overwrite a value .*line 15"):
        read_schema(file)


def test_too_many_attributes_are_refused_in_a_line(file: Path) -> None:
    many = "".join(f'v{number} = "number"\n' for number in range(2_000))

    (found,) = problems(file, CARDS.replace("[attributes]\n", f"[attributes]\n{many}"))

    assert found.startswith("line 16, attributes: ")
    assert len(found) < 200
