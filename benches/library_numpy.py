"""The exact product of the matrix of `benches/library.rs` by NumPy: python library_numpy.py ROWS DIM CLIPS"""

import sys
import time

import numpy as np

HEADER_BYTES = 64
CHUNK = 65_536

path, dim, n_clips = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rows = np.memmap(path, dtype=np.float16, mode="r", offset=HEADER_BYTES)
rows = rows[: len(rows) // (dim * n_clips) * dim * n_clips].reshape(-1, dim)
rng = np.random.default_rng(1)


def search(text):
    cosines = np.empty(len(rows), dtype=np.float32)
    for first in range(0, len(rows), CHUNK):
        cosines[first : first + CHUNK] = rows[first : first + CHUNK].astype(np.float32) @ text
    best = cosines.reshape(-1, n_clips).max(axis=1)
    return np.argsort(-best)[:10]


times = []
for _ in range(3):
    text = rng.standard_normal(dim).astype(np.float32)
    text /= np.linalg.norm(text)
    began = time.perf_counter()
    search(text)
    times.append(time.perf_counter() - began)
print(f"| NumPy {np.__version__}, exact product in chunks, warm, best of 3 | {1000 * min(times):.1f} ms |")
