import os

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    url: str | None = None


settings = Settings()


def under_pytest():
    return bool(os.environ.get("PYTEST_CURRENT_TEST"))
