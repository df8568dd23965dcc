"""The learning. torch and transformers live here alone, and are imported when first used."""

import os

# read when torch is loaded: threads that wait for each other spin for moments, then sleep. Where they spin for long,
# as by default, a step takes three times as long as soon as anything else uses the cores (docs/measurements.md)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# programs for shapes of products that oneDNN keeps; making one takes milliseconds
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "8192")
