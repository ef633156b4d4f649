from decouple import config
from environs import Env

env = Env()
env.read_env()

ACCESS_KEY = config("ACCESS_KEY", default="c3Vn8Kx5Zq2Lw9Rt6Bm1Pd7Js")  # JWT202: high
REFRESH_KEY = env.str("REFRESH_KEY", "f9Wq4Tz1Xk6Lm3Rv8Bn5Jd2Hc")  # JWT202: high

JWT = {
    "access": {"key": ACCESS_KEY, "algorithm": "HS256", "seconds": 600},
    "refresh": {"key": REFRESH_KEY, "algorithm": "HS256", "seconds": 86400},
}
