import os
from pathlib import Path

import yaml
from dotenv import load_dotenv

load_dotenv()

with Path("config/settings.yaml").open() as file:
    SETTINGS = yaml.safe_load(file)

JWT_SECRET = os.environ["JWT_SECRET"]
