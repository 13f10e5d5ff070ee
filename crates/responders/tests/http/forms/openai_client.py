"""Says what OpenAI's own client makes of the forms at an address: /0/v1 to /N/v1. One line of JSON for each."""

import json
import sys

import openai


def streamed(base):
    client = openai.OpenAI(base_url=base, api_key="none", max_retries=0, timeout=20)
    text, calls, finish = "", 0, None
    for chunk in client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], stream=True):
        for choice in chunk.choices or []:
            if choice.index not in (0, None):
                continue
            finish = choice.finish_reason or finish
            delta = choice.delta
            if delta is None:
                continue
            if isinstance(delta.content, str):
                text += delta.content
            calls += len(delta.tool_calls or []) + (delta.function_call is not None)
    return text, calls, finish


def whole(base):
    client = openai.OpenAI(base_url=base, api_key="none", max_retries=0, timeout=20)
    answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
    choice = answer.choices[0]
    content = choice.message.content
    calls = len(choice.message.tool_calls or []) + (choice.message.function_call is not None)
    return content if isinstance(content, str) else "", calls, choice.finish_reason


def main():
    address, count = sys.argv[1], int(sys.argv[2])
    for number in range(count):
        base = f"{address}/{number}/v1"
        took = {"streamed": None, "whole": None}
        for name, ask in (("streamed", streamed), ("whole", whole)):
            try:
                text, calls, finish = ask(base)
                took[name] = {"text": text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "calls": calls, "finish": finish}
            except Exception as error:
                took[name] = {"error": type(error).__name__}
        print(json.dumps(took))


main()
