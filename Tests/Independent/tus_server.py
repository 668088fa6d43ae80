"""tuspyserver, a tus server that isn't ours, for the kiosk's client: tus_server.py DIRECTORY PORT

Keeps its uploads in DIRECTORY, each under a name of its own, and a line for each request in DIRECTORY.log. Prints the port once it listens; PORT 0 takes
any. Takes the token KIOSK_TOKEN and no other.
"""
import logging
import os
import socket
import sys

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import PlainTextResponse
from tuspyserver import create_tus_router

directory, port = sys.argv[1], int(sys.argv[2])


def authorised(authorization: str = Header("")):
    if authorization != f"Bearer {os.environ['KIOSK_TOKEN']}":
        raise HTTPException(401, "another token")


class Named:
    """The server answers for no upload without these two, which tus doesn't ask for."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope.get("method") == "POST":
            more = b",filename cGFja2V0,filetype YXBwbGljYXRpb24vb2N0ZXQtc3RyZWFt"
            scope["headers"] = [(name, value + more if name == b"upload-metadata" else value) for name, value in scope["headers"]]
        await self.app(scope, receive, send)


app = FastAPI(dependencies=[Depends(authorised)])
app.include_router(create_tus_router(prefix="v1/uploads", files_dir=directory), prefix="/elsewhere")
app.add_middleware(Named)


@app.exception_handler(HTTPException)
async def refused(_, error):
    """tus wants its version in every answer; this server leaves it out of errors."""
    return PlainTextResponse(str(error.detail), error.status_code, {"Tus-Resumable": "1.0.0"})


log = logging.getLogger("uvicorn.access")
log.addHandler(logging.FileHandler(directory + ".log"))
log.setLevel(logging.INFO)

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen()
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_config=None)).run(sockets=[listener])
