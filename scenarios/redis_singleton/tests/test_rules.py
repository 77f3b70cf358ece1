import pytest

from backend.money import Money
from backend.rules import AUTO_LIMIT, LAST_DAY, RefundRequest, assess


class TestAssess:
    def test_small_is_approved(self):
        assert assess(RefundRequest("A-1", Money(500))) == "approved"

    def test_limit_itself_is_approved(self):
        assert assess(RefundRequest("A-2", AUTO_LIMIT)) == "approved"

    def test_one_cent_more_is_not(self):
        assert assess(RefundRequest("A-3", AUTO_LIMIT + Money(1))) == "needs_decision"

    @pytest.mark.parametrize("amount", [Money(1), AUTO_LIMIT, Money(5000_00)])
    def test_late_is_rejected(self, amount):
        assert assess(RefundRequest("A-4", amount, LAST_DAY + 1)) == "rejected"

    def test_last_day_is_in_time(self):
        assert assess(RefundRequest("A-5", Money(500), LAST_DAY)) == "approved"
