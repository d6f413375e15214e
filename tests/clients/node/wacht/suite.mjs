// Calls a live server with @wacht/backend and checks each answer against the package's own types:
// node suite.mjs API_URL FRONTEND_URL NOT_YET…, with the API key in VESTIBULE_API_KEY. Each NOT_YET is a route such as
// "GET /users" that the server does not have yet.
import { WachtClient } from "@wacht/backend";
import { story } from "./story.mjs";
import { ReturnTypes } from "./types.mjs";

const [, , url, frontend, ...notYet] = process.argv;
const types = new ReturnTypes(new URL("./node_modules/@wacht/backend/dist/index.d.ts", import.meta.url).pathname);

/** A call's route: ids are replaced by {id}. */
function routeOf(method, address) {
    return `${method} ${new URL(address).pathname.replaceAll(/\/\d+/g, "/{id}")}`;
}

class Suite {
    rows = [];
    last = null;

    constructor(key) {
        this.client = new WachtClient({
            apiKey: key,
            baseUrl: url,
            fetch: async (address, options) => {
                const response = await fetch(address, options);
                const body = await response.clone().json().catch(() => null);
                this.last = { route: routeOf(options.method, address), status: response.status, body };
                return response;
            },
        });
    }

    /** Makes a call. Returns what it resolves to; undefined if it is refused. */
    async #call(name, parameters, expected) {
        const [api, method] = name.split(".");
        this.last = null;
        let value, error;
        try {
            value = await this.client[api][method](...parameters);
        } catch (caught) {
            error = caught;
        }
        const { route, status, body } = this.last ?? { route: "-", status: 0 };
        const code = body?.errors?.[0]?.code;
        let result, note = "";
        if (code === "NOT_FOUND") {
            result = notYet.includes(route) ? "not yet" : "FAILED";
            note = "the server has no such route";
        } else if (notYet.includes(route)) {
            [result, note] = ["FAILED", "the server has this route: remove it from NOT_YET"];
        } else if (expected === "refused") {
            const isRefused = error && status >= 400 && status < 500 && code && error.message === body.message;
            [result, note] = [isRefused ? "refused" : "FAILED", `${status} ${code ?? ""} ${error?.name ?? ""}`];
        } else if (error) {
            [result, note] = ["FAILED", `${status} ${code ?? ""} ${error.message}`];
        } else {
            const differences = types.differences(api, method, value);
            result = differences.length === 0 ? "ok" : "FAILED";
            note = differences.join("; ");
        }
        this.rows.push([result, name, route, note]);
        return { value: result === "ok" ? value : undefined, error };
    }

    /** A call that succeeds. */
    async ok(name, ...parameters) {
        return (await this.#call(name, parameters, "ok")).value;
    }

    /** A call that is refused with an error of this class. */
    async refused(name, errorName, ...parameters) {
        const { error } = await this.#call(name, parameters, "refused");
        const row = this.rows.at(-1);
        if (row[0] === "refused" && errorName && error.name !== errorName) {
            row[0] = "FAILED";
            row[3] += ` instead of ${errorName}`;
        }
        return error;
    }
}

const suite = new Suite(process.env.VESTIBULE_API_KEY);
await story(suite, { frontend, withKey: (key) => new Suite(key) });
const called = new Set(suite.rows.map(([, name]) => name));
for (const api of ["users", "organizations", "workspaces", "invitations", "sessions", "health"]) {
    for (const name of Object.keys(suite.client[api]).filter((name) => !called.has(`${api}.${name}`))) {
        suite.rows.push(["FAILED", `${api}.${name}`, "-", "the story does not call it"]);
    }
}
for (const [result, name, route, note] of suite.rows) {
    console.log(`${result.padEnd(8)} ${name.padEnd(45)} ${route.padEnd(50)} ${note}`);
}
const count = (result) => suite.rows.filter((row) => row[0] === result).length;
console.log(`${count("ok")} ok, ${count("refused")} refused, ${count("not yet")} not yet, ${count("FAILED")} failed`);
process.exitCode = count("FAILED") === 0 ? 0 : 1;
