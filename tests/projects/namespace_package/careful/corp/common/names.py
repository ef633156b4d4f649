from enum import Enum


class Service(str, Enum):
    BILLING = "billing"
    ORDERS = "orders"
