import functools

from gateway.crypto import Codec


def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@traced
def read(token, verify=True):
    return Codec.decode(token, verify=verify)


async def load(token, *, trusted=False):
    return read(token, verify=not trusted)
