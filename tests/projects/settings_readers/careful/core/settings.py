from decouple import config
from environs import Env

env = Env()
env.read_env()

ACCESS_KEY = config("ACCESS_KEY")
REFRESH_KEY = env.str("REFRESH_KEY")

JWT = {
    "access": {"key": ACCESS_KEY, "algorithm": "HS256", "seconds": 600},
    "refresh": {"key": REFRESH_KEY, "algorithm": "HS256", "seconds": 86400},
}
