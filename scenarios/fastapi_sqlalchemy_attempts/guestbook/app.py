"""The application."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from guestbook.database import Entry, session
from guestbook.names import tidy

app = FastAPI(title="Guestbook")
Opened = Annotated[AsyncSession, Depends(session)]


class Guest(BaseModel):
    name: str


@app.post("/entries", status_code=201)
async def sign(guest: Guest, opened: Opened) -> dict[str, str]:
    try:
        name = tidy(guest.name)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    opened.add(Entry(name=name))
    await opened.commit()
    return {"name": name}


@app.get("/entries/count")
async def count(opened: Opened) -> int:
    return (await opened.execute(select(func.count()).select_from(Entry))).scalar_one()
