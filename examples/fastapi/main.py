"""A page rendered on the server, and an API that checks session tokens."""

import os
from html import escape
from typing import Annotated
from urllib.parse import urlencode

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from session_token import VESTIBULE, is_allowed, verify_session_token

APP_URL = os.environ.get("APP_URL", "http://127.0.0.1:3000")
PURCHASES = [{"item": "First flush Darjeeling", "kilograms": 40}]
NO_STORE = {"Cache-Control": "no-store"}

app = FastAPI()
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def current_claims(bearer: Bearer) -> dict:
    """The claims of the session token in the request. Without a valid one the request ends with 401."""
    claims = verify_session_token(bearer.credentials) if bearer else None
    if claims is None:
        raise HTTPException(401, "sign in first", {"WWW-Authenticate": "Bearer"})
    return claims


# The API, for callers that send a session token. FastAPI runs functions without `async` on threads, so they may block.
@app.get("/api/purchases")
def list_purchases(claims: Annotated[dict, Depends(current_claims)], response: Response) -> dict:
    if not claims["organization"]:
        raise HTTPException(403, "choose an organization first")
    if not is_allowed(claims, "purchases:write"):
        raise HTTPException(403, "purchases:write is missing")
    response.headers.update(NO_STORE)
    # Load only what belongs to this organization.
    return {"organization": claims["organization"], "purchases": PURCHASES}


# The page, for browsers: their cookie goes to Vestibule, which knows the session.
@app.get("/")
def show_members(request: Request) -> Response:
    session = call_vestibule("/session/token", request)
    if session is None:
        return RedirectResponse(hosted_page("/sign-in"), 303)
    claims = verify_session_token(session["token"])
    if claims is None:
        raise RuntimeError("the session token is for another backend: check VESTIBULE_URL and VESTIBULE_AUDIENCE")
    if not claims["organization"]:
        return RedirectResponse(hosted_page("/choose-organization"), 303)
    members = call_vestibule(f"/organizations/{claims['organization']}/members?limit=100", request)
    if members is None:
        return RedirectResponse(hosted_page("/sign-in"), 303)
    return HTMLResponse(render_page(members["data"], is_allowed(claims, "purchases:write")), headers=NO_STORE)


def call_vestibule(path: str, request: Request) -> dict | None:
    """Calls Vestibule as the person whose browser sent the request. Returns None if nobody is signed in."""
    headers = {"Accept": "application/json", "Cookie": request.headers.get("cookie", "")}
    # Not by one httpx.Client for everybody: it would store the cookies of one person and send them for the next.
    response = httpx.get(VESTIBULE + path, headers=headers, timeout=5)
    if response.status_code == 401:
        return None
    return response.raise_for_status().json()["data"]


def hosted_page(path: str) -> str:
    """Returns the URL of a page of Vestibule that leads back here."""
    return f"{VESTIBULE}{path}?{urlencode({'return_to': APP_URL + '/'})}"


def render_page(members: list[dict], may_purchase: bool) -> str:
    def row(member: dict) -> str:
        name = f"{member['user']['first_name']} {member['user']['last_name']}"
        return f"<li>{escape(name)}, {escape(', '.join(role['name'] for role in member['roles']))}</li>"

    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Members</title>
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }}</style>
<main>
<h1>{escape(members[0]["organization"]["name"])}</h1>
<ul>{"".join(row(member) for member in members)}</ul>
<p>{"You may see purchases." if may_purchase else "You may not see purchases."}</p>
<p><a href="{escape(hosted_page("/choose-organization"))}">Switch organization</a></p>
<form method="post" action="{escape(VESTIBULE)}/sign-out"><button>Sign out</button></form>
</main>
</html>"""
