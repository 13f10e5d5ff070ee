"""Turns what tau2-bench tells a simulated customer ("You want to return your lamp") into what the customer says.

Words are exchanged by the rules below and by nothing else. Sentences that tell the customer how to behave, and so are
nothing that a customer says, are left out.
"""

import re

# Stands behind a "you" that is whom the customer talks with, so that later rules leave it alone.
AGENT = "\u200b"

RULES = [
    # Slips of the source.
    (r"\bYou name is\b", "My name is"),
    (r"\byour forgot\b", "you forgot"),
    (r"\b(and|but) are (?=in|not)", r"\1 am "),
    # Whom the customer talks with.
    (r"(?:, but )?\bdo not (?:reveal it to|share this with) the agent\b", ""),
    (r"(?<=, )(?:so )?ask the agent to\b", "please"),
    (r"\btell the agent not to\b", "please do not"),
    (r"^Ask the agent\b|(?<=[.] )Ask the agent\b", "I ask the agent"),
    (r"\bthe (?:customer service )?agent doesn't\b", f"you{AGENT} don't"),
    (r"\bthe (?:customer service )?agent\b", f"you{AGENT}"),
    # Verbs that change with the person.
    (rf"\b[Yy]ou(?!{AGENT})(?:'re| are)\b", "I am"),
    (rf"\b[Yy]ou(?!{AGENT}) were\b", "I was"),
    # Where it is an object.
    (rf"\b(for|to|with|asks|help) you\b(?!{AGENT})", r"\1 me"),
    # The rest.
    (r"\byourself\b", "myself"),
    (r"\bYour\b", "My"),
    (r"\byour\b", "my"),
    (rf"\b[Yy]ou\b(?!{AGENT})", "I"),
    (rf"\b(you{AGENT}) (ask|tell|propose|say|allow)s\b", r"\1 \2"),
]

# How sentences begin that say how to behave, what to keep back, and what the other side may say.
CONDUCT = re.compile(
    rf"(?:If and only if|If you{AGENT} (?:cannot find|ask|tell|propose|say)|IF |When asked|If asked|Make sure|Mention|"
    rf"Do NOT|Do not|Be insistent|Be polite|But when you{AGENT}|After the return is complete|Once you{AGENT}|"
    r"If that doesn't work, say|If that fails, then say|As I am interacting|If it refuses|If for a given order|"
    r"Try to make|Make everything)"
)


def sentences(text):
    """The sentences of a text, in the first person, that a customer might say."""
    text = re.sub(r"\s+", " ", text).strip(". ")
    for pattern, to in RULES:
        text = re.sub(pattern, to, text)
    text = re.sub(r"\( *\)", "", text)
    for sentence in re.split(r"(?<=[.!?])\s+(?=\(?[A-Z])", text):
        if CONDUCT.match(sentence):
            continue
        # Two requests in one sentence are two.
        for part in re.split(r",? and (?=I (?:also )?want )|\. Lastly, |; (?=Use )", sentence):
            if len(part.split()) >= 3:
                yield tidy(part)


def tidy(part):
    """Without marks and half brackets, with a capital at the beginning and a stop at the end."""
    part = part.replace(AGENT, "").strip(" ;,")
    part = re.sub(r"\s+([.,;?!])", r"\1", part)
    if part.count("(") != part.count(")"):
        part = part.replace("(", "").replace(")", "")
    part = part[0].upper() + part[1:]
    return part if part[-1] in ".?!" else part + "."
