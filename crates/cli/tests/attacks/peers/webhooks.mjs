// Verifies messages with npm's `standardwebhooks`: one message a line in, `true` or `false` a line out.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

// Installed beside no source of ours, but where the first argument says.
const { Webhook, WebhookVerificationError } = createRequire(process.argv[2])("standardwebhooks");

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const message = JSON.parse(line);
  try {
    new Webhook(message.secret).verify(Buffer.from(message.body, "base64"), message.headers);
    console.log("true");
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    console.log("false");
  }
}
