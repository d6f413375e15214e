// What a page does more with a script than without: forms answer in place, times are told in the reader's zone, and the
// secret behind a link's # goes out in a form's body, since no browser sends it by itself.
"use strict";

const main = () => document.querySelector("main");

// Times in the zone of whoever reads them; what they are relative to stays in the words.
const zones = () => {
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.title = new Date(time.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: "full", timeStyle: "long" });
  }
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
};

// Puts the answer's <main> in the place of this one's.
const show = async (answer) => {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.querySelector("main");
  if (!next) throw new TypeError("no page");
  if (page.querySelector(".top")?.outerHTML !== document.querySelector(".top")?.outerHTML) {
    document.querySelector(".top")?.replaceWith(page.querySelector(".top") ?? "");
  }
  main().replaceWith(document.adoptNode(next));
  document.title = page.title;
  if (answer.redirected) history.pushState(null, "", answer.url);
  zones();
  const first = main().querySelector("[role=alert], [role=status], h1");
  if (first) { first.tabIndex = -1; first.focus(); }
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.busy) return event.preventDefault();
  form.dataset.busy = "yes";
  const buttons = form.querySelectorAll("button");
  // Not before the form has been read: a disabled button is no part of it.
  setTimeout(() => buttons.forEach((button) => { button.disabled = true; }));
  if (!("live" in form.dataset)) return undefined;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  const isFile = form.enctype === "multipart/form-data";
  const body = isFile ? fields : new URLSearchParams(fields);
  const request = form.method === "post" ? { method: "POST", body } : {};
  const target = form.method === "post" ? form.action : `${form.action.split("?")[0]}?${body}`;
  try {
    const answer = await fetch(target, request);
    await show(answer);
    if (form.method !== "post") history.pushState(null, "", answer.url);
  } catch {
    delete form.dataset.busy;
    buttons.forEach((button) => { button.disabled = false; });
    document.querySelector("#away")?.removeAttribute("hidden");
  }
  return undefined;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = button.dataset.copied;
});

window.addEventListener("popstate", () => location.reload());
// A page that comes back from the browser's memory may have buttons that were pressed.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

const token = new URLSearchParams(location.hash.slice(1)).get("token");
const carrier = document.querySelector("form[data-carries-token]");
if (token && carrier) {
  history.replaceState(null, "", location.pathname + location.search);
  carrier.elements.token.value = token;
  if (carrier.dataset.carriesToken === "look") carrier.requestSubmit();
}
zones();
