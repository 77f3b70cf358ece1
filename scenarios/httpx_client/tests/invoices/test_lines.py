from decimal import Decimal

import pytest

from invoicing.invoice import Invoice, Line, rounded


@pytest.mark.parametrize(
    ("hours", "per_hour", "amount"),
    [
        ("1", "80", "80.00"),
        ("0.5", "80", "40.00"),
        ("0.33", "75", "24.75"),
        ("0", "80", "0.00"),
        ("1.005", "1", "1.01"),
    ],
)
def test_amount_of_a_line(hours, per_hour, amount):
    assert Line("work", Decimal(hours), Decimal(per_hour)).amount == Decimal(amount)


@pytest.mark.parametrize(("amount", "cents"), [("1.004", "1.00"), ("1.005", "1.01"), ("-1.005", "-1.01")])
def test_rounding_is_commercial(amount, cents):
    assert rounded(Decimal(amount)) == Decimal(cents)


def test_total_of_no_lines():
    assert Invoice("2024-1").total == 0


def test_total_of_lines():
    lines = [Line("design", Decimal(3), Decimal(90)), Line("print", Decimal(1), Decimal("12.50"))]
    assert Invoice("2024-2", lines=lines).total == Decimal("282.50")
