"""One request with the library requests, as the notebook makes it: a Session, and the answer's text.

It follows the library's own documentation: "Session Objects" and "Timeouts" in its Advanced Usage, and "Errors and
Exceptions" in its Quickstart. A proxy of the environment is left out, as in all models.
"""

import requests
from urllib3.exceptions import ProtocolError

from worker import check, unreachable


def new_session():
    session = requests.Session()
    session.trust_env = False
    return session


def fetch(session, request, timeout):
    try:
        with session.get(request.url, timeout=timeout, allow_redirects=False) as response:
            return check(response.status_code, response.text, request)
    except requests.exceptions.Timeout:
        return {"Err": "timeout"}
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
        return {"Err": {"body": "truncated"}}
    except requests.exceptions.ConnectionError as error:
        # The connection was there, and ended without an answer.
        if error.args and isinstance(error.args[0], ProtocolError):
            return {"Err": {"body": "truncated"}}
        return unreachable(error)
    except requests.exceptions.RequestException as error:
        return unreachable(error)
