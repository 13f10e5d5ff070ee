#!/usr/bin/env python3
"""Makes intents.csv, traffic.csv, source/database.json and source/actions.jsonl of the sample shop from tau2-bench's
retail domain and CLINC150.

    python3 bundles/shop/source/make.py TAU2_RETAIL CLINC150

TAU2_RETAIL holds tasks_train.json and db.json, CLINC150 train_val.json. The same input makes the same bytes. What each
sentence of tau2-bench is about stands in labels.csv, read by a person; `-` is none of the intents.
"""

import csv
import hashlib
import json
import sys
from pathlib import Path

from first_person import sentences

HERE = Path(__file__).parent
SHOP = HERE.parent

# CLINC150's intent, the shop's, how many are learnt from, and how many are traffic.
CLINC = [
    ("order_status", "order_status", 80, 30),
    ("order", "place_order", 50, 12),
    ("report_fraud", "report_fraud", 50, 12),
    ("card_declined", "payment_declined", 50, 12),
    ("what_can_i_ask_you", "what_we_do", 40, 8),
    ("greeting", "greeting", 40, 8),
    ("thank_you", "thanking", 40, 8),
]
OUT_OF_SCOPE = 40
# Of four customers one is not learnt from; a lot by which every intent has sentences on both sides.
HELD_OUT_OF, LOT = 4, "43"
CHANNELS = ["chat", "chat", "chat", "email", "web"]


def draw(text):
    """A number that depends on the text alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def customer_of(known, orders, db):
    """Who says it: whoever's name or address of mail is told, else whoever's order it is."""
    for user in db["users"].values():
        name, zip_code = " ".join(user["name"].values()), user["address"]["zip"]
        if user["user_id"] in known or user["email"] in known or (name in known and zip_code in known):
            return user["user_id"]
    return next((db["orders"][order]["user_id"] for order in orders if order in db["orders"]), None)


def tasks(path, db):
    """Each sentence with the customer who says it, and the order that the task is about, where it is about one."""
    for task in json.loads(path.read_text()):
        told = task["user_scenario"]["instructions"]
        given = [action["arguments"] for action in task["evaluation_criteria"]["actions"]]
        orders = [arguments["order_id"] for arguments in given if "order_id" in arguments]
        customer = customer_of(told["known_info"], orders, db)
        for part in ("reason_for_call", "known_info", "unknown_info"):
            for text in sentences(told.get(part) or ""):
                yield text, customer, next(iter(orders), None)


# What in tau2-bench changes its database.
CHANGES = ("cancel_", "modify_", "return_", "exchange_")


def actions(path, db):
    """What each task records as the right actions, of those that change something, and for whom."""
    for task in json.loads(path.read_text()):
        known = task["user_scenario"]["instructions"].get("known_info") or ""
        recorded = task["evaluation_criteria"]["actions"]
        orders = [action["arguments"]["order_id"] for action in recorded if "order_id" in action["arguments"]]
        for action in recorded:
            if action["name"].startswith(CHANGES):
                made = {"task": task["id"], "customer": customer_of(known, orders, db), "action": action["name"]}
                yield made | {"arguments": action["arguments"]}


def database(db):
    """The database with a line for each product, customer and order."""
    parts = []
    for part, entries in db.items():
        lines = ",\n".join(f"{compact(name)}:{compact(entry)}" for name, entry in entries.items())
        parts.append(f"{compact(part)}:{{\n{lines}\n}}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def order_of(customer, db):
    """One of the customer's orders."""
    orders = db["users"][customer]["orders"]
    return orders[draw("order " + customer) % len(orders)] if orders else None


def row(text, intent, customer, order, db):
    """A row of traffic: whose it is, over which channel, and what the shop's site knows of the order and the customer."""
    found, user = db["orders"].get(order or ""), db["users"][customer]
    made = {
        "text": text,
        "channel": CHANNELS[draw("channel " + text) % len(CHANNELS)],
        "intent": intent,
        "customer": customer,
        "field.identity_proved": "true" if draw("identity " + customer) % 5 else "false",
        "field.order": "",
        "field.order_state": "",
        "field.order_total": "",
        "field.paid_by": "",
        "field.items": "",
        "fact.account": customer,
        "fact.name": " ".join(user["name"].values()),
        "fact.payment_methods": names(method["source"] for method in user["payment_methods"].values()),
        "fact.gift_card_balance": round(100 * sum(m.get("balance", 0) for m in user["payment_methods"].values())),
        "fact.orders": len(user["orders"]),
    }
    if found:
        made["field.order"] = order.lstrip("#")
        made["field.order_state"] = found["status"]
        made["field.order_total"] = round(100 * sum(item["price"] for item in found["items"]))
        made["field.paid_by"] = found["payment_history"][0]["payment_method_id"].rsplit("_", 1)[0]
        made["field.items"] = names(item["name"] for item in found["items"])
    return made


def names(values):
    """A list as a cell of a table holds it: each name once, as JSON."""
    return json.dumps(sorted(set(values)))


def main():
    tau2, clinc = Path(sys.argv[1]), json.loads((Path(sys.argv[2]) / "train_val.json").read_text())
    db = json.loads((tau2 / "db.json").read_text())
    with (HERE / "labels.csv").open(newline="") as file:
        labels = {line["text"]: line["intent"] for line in csv.DictReader(file)}
    said, unread = {}, []
    for text, customer, order in tasks(tau2 / "tasks_train.json", db):
        if text not in labels:
            unread.append(text)
        said.setdefault(text, (customer, order))
    if unread or set(labels) - set(said):
        sys.exit(f"labels.csv does not fit: {unread} are not in it, {sorted(set(labels) - set(said))} are not said")

    learnt, traffic = [], []
    for text, (customer, order) in said.items():
        intent = labels[text]
        if draw(f"{LOT} {customer}") % HELD_OUT_OF:
            if intent != "-":
                learnt.append((text, intent))
        else:
            traffic.append(row(text, "" if intent == "-" else intent, customer, order or order_of(customer, db), db))
    customers = sorted(db["users"])

    def played(text, intent):
        customer = customers[draw("customer " + text) % len(customers)]
        traffic.append(row(text, intent, customer, order_of(customer, db), db))

    for theirs, ours, for_learning, for_traffic in CLINC:
        texts = [text for part in ("train", "val") for text, intent in clinc[part] if intent == theirs]
        texts = sorted(set(texts), key=draw)
        learnt.extend((text, ours) for text in texts[:for_learning])
        for text in texts[for_learning : for_learning + for_traffic]:
            played(text, ours)
    for text in sorted({text for text, _ in clinc["oos_train"] + clinc["oos_val"]}, key=draw)[:OUT_OF_SCOPE]:
        played(text, "out_of_scope")

    write(SHOP / "intents.csv", ["text", "intent"], [{"text": text, "intent": intent} for text, intent in learnt])
    traffic.sort(key=lambda row: draw("turn " + row["text"]))
    write(SHOP / "traffic.csv", list(traffic[0]), traffic)
    (HERE / "database.json").write_text(database(db), encoding="utf-8")
    recorded = "".join(compact(action) + "\n" for action in actions(tau2 / "tasks_train.json", db))
    (HERE / "actions.jsonl").write_text(recorded, encoding="utf-8")


def write(path, columns, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
