"""Vectors of messages by the published model in 32-bit floats: `vectors.py MODEL_DIRECTORY MESSAGES.csv COUNT OUT`.

Writes COUNT rows of signed bytes: each value of a vector of length one, times 127 over the row's largest. What that
rounding loses of the cosine is below 0.0002. `cargo xtask model` calls it; requirements.txt beside it names versions.
"""

import csv
import sys

import numpy
import torch
from sentence_transformers import SentenceTransformer

directory, messages, count, out = sys.argv[1:]
torch.set_num_threads(1)
model = SentenceTransformer(directory, device="cpu")
texts = [row["text"] for row in csv.DictReader(open(messages, encoding="utf-8"))][: int(count)]
vectors = model.encode(texts, batch_size=1, normalize_embeddings=True, show_progress_bar=False)
scaled = vectors * (127.0 / numpy.abs(vectors).max(axis=1, keepdims=True))
numpy.rint(scaled).astype(numpy.int8).tofile(out)
