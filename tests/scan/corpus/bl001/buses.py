from dataclasses import dataclass

direct = spare = None


class Bus:
    def __init__(self, client):
        self.client = client


class Hub:
    def __init__(self):
        self.bus = None

    def bind(self, bus):
        self.bus = bus


@dataclass
class Deps:
    name: str
    redis: object = None


hub = Hub()
