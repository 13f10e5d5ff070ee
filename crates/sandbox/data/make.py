#!/usr/bin/env python3
"""Makes bank.json, the customers of the sandbox's bank: python3 crates/sandbox/data/make.py

Nobody in it exists: names are common ones put together by lot, addresses of mail end in .example, telephone numbers are
of the range that Ofcom keeps for fiction, postcodes end in letters that none has. The same program makes the same bytes.
"""

import hashlib
import json
from pathlib import Path

FIRST = "Amelia Oliver Priya Noah Zainab Callum Grace Tomasz Ffion Dev Isla Mateo Hannah Kwame Niamh Arjun Chloe Rhys Leila Ewan"
LAST = "Hughes Okafor Patel Walker Begum MacLeod Turner Nowak Evans Shah Murray Silva Bennett Mensah Byrne Rao Foster Price Haddad Reid"
STREETS = ["Orchard Road", "Station Street", "Mill Lane", "Albert Terrace", "Victoria Road", "Church Walk", "Kings Avenue"]
CITIES = [("Leeds", "LS6"), ("Bristol", "BS3"), ("Cardiff", "CF11"), ("Glasgow", "G41"), ("Norwich", "NR2"), ("York", "YO31")]
MERCHANTS = [
    ("Northgate Groceries", 1_200, 9_800), ("Tidal Coffee", 280, 1_150), ("Railway Tickets Online", 1_450, 14_900),
    ("Peak Outdoor", 2_999, 24_900), ("Lumen Streaming", 799, 1_799), ("Harbour Hotel", 8_900, 46_000),
    ("Kestrel Airways", 5_400, 61_000), ("Bramble Books", 599, 4_500), ("Petrol at Fosse Way", 2_000, 8_200),
    ("Cash machine, High Street", 1_000, 30_000),
]
FEES = [("unarranged overdraft", 500, 1_500), ("late payment", 1_200, 1_200), ("foreign currency", 120, 1_900),
        ("card delivery", 599, 599), ("returned payment", 500, 1_000)]
CREDITORS = [("Severn Water", 1_800, 4_900), ("Brightgrid Energy", 4_500, 18_900), ("City Council Tax", 9_800, 21_000),
             ("Fellside Gym", 1_999, 4_499), ("Meridian Mobile", 900, 4_200), ("Oakshield Insurance", 1_250, 8_800)]
PAYEES = ["J Thornton", "Maple Lettings", "R Castellanos", "St Anne's Nursery", "Whitcombe Motors", "L Abara"]


def lot(what, below):
    """A number below `below` that depends on the text alone."""
    return int.from_bytes(hashlib.sha256(what.encode()).digest()[:6], "big") % below


def amount(what, least, most):
    return least + lot("amount " + what, most - least + 1)


def customer(number, first, last):
    what = f"customer {number}"
    city, district = CITIES[lot("city " + what, len(CITIES))]
    flat = lot("flat " + what, 3)
    # Of some the address was changed: within a day, within a month, long ago.
    changed = {0: 5, 1: 20, 2: 26, 3: 400, 4: 9_000}.get(number % 10)
    return {
        "customer_id": f"cust-{1001 + number}",
        "name": f"{first} {last}",
        "email": f"{first}.{last}@mail.example".lower(),
        "phone": f"+44 7700 900{lot('phone ' + what, 1_000):03}",
        "address1": f"{1 + lot('house ' + what, 180)} {STREETS[lot('street ' + what, len(STREETS))]}",
        "address2": f"Flat {1 + lot('number ' + what, 12)}" if flat == 0 else "",
        "city": city,
        "postcode": f"{district} {lot('digit ' + what, 10)}{'CKMV'[lot('letter ' + what, 4)]}{'IOKV'[lot('last ' + what, 4)]}",
        "country": "GB",
        "address_changed_hours_ago": changed,
    }


def taken(account, kind, number, table, spread_hours):
    what = f"{kind} {account} {number}"
    name, least, most = table[lot("of " + what, len(table))]
    minor, hours = amount(what, least, most), 2 + lot("ago " + what, spread_hours)
    state = lot("state " + what, 8)
    back = {0: minor, 1: minor // 3 if kind == "charge" else 0}.get(state, 0)
    settled = kind != "charge" or hours > 72
    return {
        "id": f"{kind}-{account.removeprefix('acc-')}-{number + 1}", "kind": kind, "account_id": account, "what": name,
        "minor": minor, "returned_minor": back, "settled": settled, "hours_ago": hours,
    }


def main():
    customers = [customer(*one) for one in zip(range(20), FIRST.split(), LAST.split())]
    accounts, cards, rows, transfers = [], [], [], []
    for number, one in enumerate(customers):
        kinds = ["current", "savings"] if number % 3 else ["current"]
        if number % 7 == 6:
            kinds.append("current")
        for place, kind in enumerate(kinds):
            account = f"acc-{1001 + number}-{place + 1}"
            overdrawn = number % 9 == 4 and place == 0
            accounts.append({
                "account_id": account, "customer_id": one["customer_id"], "kind": kind,
                "currency": "EUR" if place == 2 else "GBP",
                "balance_minor": -amount(account, 500, 40_000) if overdrawn else amount(account, 0, 900_000),
                "frozen": number == 11 and place == 0,
            })
            if kind == "savings":
                continue
            for card in range(1 + (number % 4 == 1)):
                frozen = {3: "customer", 8: "bank", 14: "customer"}.get(number, "none") if card == 0 else "none"
                limit = (50_000, 100_000, 250_000)[lot(f"limit {account} {card}", 3)]
                cards.append({"card_id": f"card-{account.removeprefix('acc-')}-{card + 1}", "account_id": account,
                              "frozen_by": frozen, "limit_minor": limit})
            rows.extend(taken(account, "charge", n, MERCHANTS, 24 * (3 + 30 * n)) for n in range(6))
            rows.extend(taken(account, "fee", n, FEES, 24 * 400) for n in range(3))
            rows.extend(taken(account, "debit", n, CREDITORS, 24 * 90) for n in range(3))
            for n in range(2):
                what = f"transfer {account} {n}"
                # The first one is still to be sent; the second one was.
                hours = -(3 + lot("when " + what, 24 * 14)) if n == 0 else 4 + lot("when " + what, 24 * 60)
                transfers.append({"transfer_id": f"transfer-{account.removeprefix('acc-')}-{n + 1}",
                                  "account_id": account, "payee": PAYEES[lot("to " + what, len(PAYEES))],
                                  "minor": amount(what, 1_000, 180_000), "sent_hours_ago": hours})
    bank = {"customers": customers, "accounts": accounts, "cards": cards, "taken": rows, "transfers": transfers}
    parts = []
    for part, entries in bank.items():
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
        parts.append(f'"{part}": [\n{lines}\n]')
    (Path(__file__).parent / "bank.json").write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
