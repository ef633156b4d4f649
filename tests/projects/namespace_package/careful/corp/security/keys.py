import os

from corp.common.names import Service

KEYS = {service: os.environ[f"{service.value.upper()}_KEY"] for service in Service}
