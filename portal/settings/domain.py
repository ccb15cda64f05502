"""Limits and choices of the field: photos, models, profiles."""

from assets.pictures import MAX_BYTES, MAX_PIXELS
from portal.settings.environment import BASE_DIR, DATA_DIR, env
from portal.settings.memory import allowed_bytes, machine_bytes
from portal.settings.processes import WEB_PROCESS

PHOTO_MAX_BYTES = env.int("PHOTO_MAX_BYTES", default=MAX_BYTES)
PHOTO_MAX_PIXELS = env.int("PHOTO_MAX_PIXELS", default=MAX_PIXELS)  # pixels × frames
# What an analysis may take; a picture that needs more is refused before it is decoded. A web
# process cannot know the limits of a worker's container: there, half of the machine is assumed.
WORKER_MEMORY_BYTES = int(
    env.str("WORKER_MEMORY_BYTES", default="")
    or (machine_bytes() if WEB_PROCESS else allowed_bytes()) // 2
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # form fields; files are counted by the outer layer
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# Which shipped network analyses; empty = the instrument's default.
HAIRLINE_MODEL = env.str("HAIRLINE_MODEL", default="")
MODELS_FOLDER = BASE_DIR / "inference" / "weights"  # each with its card.json
# Whether a small network looks first which parts of a photo may hold a crack; off: all is searched.
HAIRLINE_SCREEN = env.bool("HAIRLINE_SCREEN", default=True)
# What `python -m inference calibrate-camera` wrote: one JSON file a camera, lens and focal length.
CAMERA_PROFILES = env.path("CAMERA_PROFILES", default=str(DATA_DIR / "camera-profiles"))
ANALYSIS_THREADS = env.int("ANALYSIS_THREADS", default=0)  # 0 = all cores of the machine
