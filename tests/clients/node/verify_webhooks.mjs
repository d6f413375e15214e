// Verifies webhooks with the package standardwebhooks: node verify_webhooks.mjs FILE.
//
// The file has a JSON list of cases, each with the secret, the headers, the body in base64 and the time. Prints a list of
// answers: {"accepted": PARSED_BODY} or {"refused": MESSAGE}.
import { readFileSync } from "node:fs";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

function verify({ secret, headers, body, now }) {
    // The package reads the time here.
    Date.now = () => now * 1000;
    try {
        return { accepted: new Webhook(secret).verify(Buffer.from(body, "base64"), headers) };
    } catch (error) {
        if (error instanceof WebhookVerificationError) return { refused: error.message };
        throw error;
    }
}

console.log(JSON.stringify(JSON.parse(readFileSync(process.argv[2], "utf8")).map(verify)));
