from __future__ import annotations

STEPS = ("open", "paid", "packed", "sent")


class Order:
    def __init__(self, number: int) -> None:
        self.number = number
        self.state = STEPS[0]

    def step(self) -> str:
        """Go on to the next state; return it."""
        at = STEPS.index(self.state)
        if at + 1 == len(STEPS):
            raise ValueError(f"order {self.number} is {self.state}")
        self.state = STEPS[at + 1]
        return self.state

    def cancel(self) -> None:
        if self.state in ("packed", "sent"):
            raise ValueError(f"order {self.number} is {self.state}")
        self.state = "cancelled"


def reference(number: int) -> str:
    """The order's number with a check digit."""
    return f"T{number:05}{sum(int(digit) for digit in str(number)) % 10}"


def parse(text: str) -> int:
    number = int(text[1:-1])
    if text != reference(number):
        raise ValueError(text)
    return number
