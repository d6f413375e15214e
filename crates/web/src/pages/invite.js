// What the page at /invite does. The token is in the fragment, which no browser sends to any server by itself; it goes
// out in the body of a request that a person has made by pressing a button, and in the one look-up that changes nothing.
"use strict";

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
const part = (id) => document.getElementById(id);
let invited = "";

// Names come from other people: they are only ever set as text.
const say = (words) => { part("message").textContent = words; };

const show = (shown) => {
  for (const id of ["join", "signup", "signin"]) {
    part(id).hidden = id !== shown;
  }
  const field = shown && part(shown).querySelector("input");
  if (field) field.focus();
};

const call = async (path, fields) => {
  const request = fields && { method: "POST", body: new URLSearchParams(fields) };
  const answer = await (await fetch(path, request)).json();
  if (answer.errors) throw new Error(answer.errors.map((error) => error.message).join(" "));
  return answer.data;
};

// Runs what a button asks for, once, and says what went wrong.
const run = async (action) => {
  const buttons = document.querySelectorAll("button");
  buttons.forEach((button) => { button.disabled = true; });
  try {
    await action();
  } catch (error) {
    say(error instanceof TypeError ? "The server cannot be reached. Try again in a moment." : error.message);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
};

const accept = async () => {
  const outcome = await call("/organizations/invitations/accept", { token });
  say(outcome.message);
  if (outcome.organization) return show(null);
  if (outcome.error_code === "INVITATION_REQUIRES_SIGNUP") return show("signup");
  if (outcome.requires_signin) return show("signin");
  return show(null);
};

const look = async () => {
  const found = await call(`/deployment/invitations/validate?token=${encodeURIComponent(token)}`);
  if (!found.valid) return say(found.message);
  invited = found.email;
  const name = found.inviter && `${found.inviter.first_name} ${found.inviter.last_name}`.trim();
  const place = found.workspace ? `${found.organization.name}, ${found.workspace.name}` : found.organization.name;
  say(name ? `${name} invites you to join ${place}.` : `You are invited to join ${place}.`);
  part("as").textContent = `The invitation is for ${invited}.`;
  return show("join");
};

part("accept").addEventListener("click", () => run(accept));
part("decline").addEventListener("click", () => run(async () => {
  await call("/organizations/invitations/decline", { token });
  show(null);
  say("You have declined. Nothing else will happen.");
}));
part("instead").addEventListener("click", () => show("signup"));
for (const [form, path, more] of [["signup", "/auth/signup", { invite_token: token }], ["signin", "/auth/signin", {}]]) {
  part(form).addEventListener("submit", (event) => {
    event.preventDefault();
    run(async () => {
      await call(path, { ...Object.fromEntries(new FormData(part(form))), ...more, email: invited });
      await accept();
    });
  });
}

if (token) {
  run(look);
} else {
  say("This link is not whole. Open it from the mail again, or copy all of it.");
}
