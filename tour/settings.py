"""Settings of the service, from the environment."""

import os

SECRET_KEY = os.getenv("SECRET_KEY", "change-me-in-production")
