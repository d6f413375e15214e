// Runs the identity provider of the package oidc-provider: node oidc_provider.mjs CONFIGURATION.
//
// The configuration is JSON: port, client_id, client_secret (null for a public client), redirect_uris,
// post_logout_redirect_uris, users, each with its claims, and optionally algorithm, claims_in_userinfo and amr. The
// provider signs in the user whose e-mail address the login_hint is, or else the first one, without asking. It refuses
// a login_hint that ends in "?deny". Prints "ready" once it listens.
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

const configuration = JSON.parse(process.argv[2]);
const { port, client_id, client_secret, redirect_uris, post_logout_redirect_uris, users } = configuration;
const issuer = `http://127.0.0.1:${port}`;

function key(type, options, fields) {
    return { ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }), use: "sig", ...fields };
}

const provider = new Provider(issuer, {
    clients: [
        {
            client_id,
            ...(client_secret === null ? {} : { client_secret }),
            token_endpoint_auth_method: client_secret === null ? "none" : "client_secret_basic",
            id_token_signed_response_alg: configuration.algorithm ?? "RS256",
            redirect_uris,
            post_logout_redirect_uris,
            response_types: ["code"],
            grant_types: ["authorization_code"],
        },
    ],
    jwks: {
        keys: [
            key("rsa", { modulusLength: 2048 }, { kid: "rsa" }),
            key("ec", { namedCurve: "P-256" }, { kid: "ec", alg: "ES256" }),
            key("ed25519", {}, { kid: "ed", alg: "EdDSA" }),
        ],
    },
    // Which of them clients may choose.
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"] },
    claims: {
        openid: ["sub"],
        email: ["email", "email_verified"],
        profile: ["name", "given_name", "family_name", "preferred_username"],
        groups: ["groups"],
    },
    scopes: ["openid", "email", "profile", "groups"],
    // Most providers put these claims into the ID token. The specification leaves them to userinfo.
    conformIdTokenClaims: configuration.claims_in_userinfo ?? false,
    pkce: { required: () => true },
    cookies: { keys: ["test"] },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true, logoutSource } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, accountId) => {
        const claims = users.find((user) => user.sub === accountId);
        return claims && { accountId, claims: () => claims };
    },
});

/** Ends the session without a question. */
function logoutSource(ctx, form) {
    ctx.body = `<!doctype html>${form}<script>document.forms[0].submit()</script>`;
}

/** Signs in and consents, without a page. */
async function interact(ctx) {
    const { params, prompt } = await provider.interactionDetails(ctx.req, ctx.res);
    const hint = params.login_hint ?? "";
    if (hint.endsWith("?deny")) {
        return provider.interactionFinished(ctx.req, ctx.res, {
            error: "access_denied",
            error_description: "The user has refused.",
        });
    }
    const { sub } = users.find((user) => user.email === hint) ?? users[0];
    if (prompt.name === "login") {
        const login = { accountId: sub, amr: configuration.amr ?? ["pwd"] };
        return provider.interactionFinished(ctx.req, ctx.res, { login });
    }
    const grant = new provider.Grant({ accountId: sub, clientId: client_id });
    grant.addOIDCScope(params.scope);
    grant.addOIDCClaims(["amr", "acr", "auth_time"]);
    return provider.interactionFinished(ctx.req, ctx.res, { consent: { grantId: await grant.save() } });
}

provider.use(async (ctx, next) => {
    if (ctx.path.startsWith("/interaction/")) await interact(ctx);
    else await next();
});
provider.listen(port, "127.0.0.1", () => console.log("ready"));
