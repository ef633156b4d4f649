from corp.common.names import Service

KEYS = {
    Service.BILLING: "x9Rk4Tz7Lm2Qw8Vn5Bp1Jd6Hc3",  # JWT201: high
}
