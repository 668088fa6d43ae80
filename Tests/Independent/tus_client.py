"""tuspy, a tus client that isn't ours, for the platform: tus_client.py UPLOADS FILE METADATA [UPLOAD]

Sends FILE in pieces of 64 KiB with a checksum each, with the token KIOSK_TOKEN: to an upload that it begins at the address UPLOADS with METADATA (JSON), or to
UPLOAD, where it is patient with a server that is busy. Prints where the upload lies and the offset at which it takes it up. Exit code 1 when it broke off.
"""
import json
import os
import sys

from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

uploads, file, metadata, *known = sys.argv[1:]
client = TusClient(uploads, headers={"Authorization": f"Bearer {os.environ['KIOSK_TOKEN']}"})
try:
    uploader = client.uploader(
        file, url=known[0] if known else None, chunk_size=64 << 10, metadata=json.loads(metadata), upload_checksum=True,
        retries=20 if known else 0, retry_delay=1)
    if not known:
        uploader.set_url(uploader.create_url())
    print(uploader.url, uploader.offset, flush=True)
    uploader.upload()
except TusCommunicationError as error:
    sys.exit(f"{type(error).__name__} {error.status_code}")
