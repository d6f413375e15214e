// The invitation form: shows what would happen with each address while the list is typed or pasted. The server decides
// it; this script asks, and replaces the parts of the form that the answer has. It also keeps the list for the same user
// in this tab, so that it is not lost if the session ends before the form is sent.
"use strict";
(() => {
  const SHORT = 3000, LONG = 200000;
  let timer = 0, latest = 0, isSent = false;

  const form = () => document.querySelector("form[data-review]");
  const field = () => form().elements.emails;
  const key = () => `${form().dataset.review} ${form().dataset.user}`;

  // Storage may be off, or full.
  const store = (text) => {
    try {
      if (text && text.length <= LONG) sessionStorage.setItem(key(), text); else sessionStorage.removeItem(key());
    } catch { /* the list is then only in the form */ }
  };
  const stored = () => {
    try { return sessionStorage.getItem(key()) ?? ""; } catch { return ""; }
  };

  const showCount = () => {
    const send = document.querySelector("#send"), ready = document.querySelector("#review-part [data-ready]");
    send.textContent = Number(ready?.dataset.count) > 0 ? ready.dataset.ready : send.dataset.label;
    // A screen reader announces only what changes in an element that was there before.
    const live = document.querySelector("#review-live"), summary = ready?.textContent.trim() ?? "";
    if (latest > 0 && live.textContent !== summary) live.textContent = summary;
  };

  const clearReview = () => {
    document.querySelector("#review-part").replaceChildren();
    showCount();
  };

  // `removed` is the index of an address that the person removes. Only then the field is replaced too.
  const review = async (removed) => {
    const shown = form(), fields = new FormData(shown);
    latest += 1;
    const number = latest;
    if (!fields.get("emails").trim()) return clearReview();
    for (const name of ["file", "reviewed", "message"]) fields.delete(name);
    if (removed !== undefined) fields.set("remove", removed);
    const body = new URLSearchParams(fields);
    const response = await fetch(shown.dataset.review, { method: "POST", body, headers: { accept: "text/html" } });
    // Another answer is on its way, or the page has gone. If the session has ended, sending the form says so.
    if (!response.ok || response.redirected || number !== latest || shown !== form()) return undefined;
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of answer.querySelectorAll("[data-part]")) {
      const old = document.getElementById(part.dataset.part);
      const isChanged = part.dataset.part === "review-part" || old?.textContent !== part.textContent;
      const isKept = part.dataset.part === "emails-part" && removed === undefined;
      if (old && isChanged && !isKept) old.replaceChildren(...part.childNodes);
    }
    showCount();
    if (removed !== undefined) {
      store(field().value);
      (document.querySelector("#review-part button[name=remove]") ?? field()).focus();
    }
    return undefined;
  };

  // A long list is asked about less often: every address that is checked counts for a limit.
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => review().catch(() => {}), field().value.length > SHORT ? 1500 : 400);
  };

  document.addEventListener("input", ({ target }) => {
    if (!form() || target !== field()) return;
    store(target.value);
    later();
  });
  document.addEventListener("change", ({ target }) => {
    if (target.form === form() && ["role", "workspace", "workspace_role", "days"].includes(target.name)) later();
  });

  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    if (event.submitter?.name === "remove") {
      event.preventDefault();
      event.stopImmediatePropagation();
      review(event.submitter.value).catch(() => {});
      return;
    }
    clearTimeout(timer);
    latest += 1;
    isSent = true;
  }, true);

  // After each page: one with the form, as the answer to it, has what is still to be sent.
  const start = () => {
    if (form()) {
      if (isSent) store(field().value);
      else if (!field().value && stored()) {
        field().value = stored();
        later();
      }
      showCount();
    }
    isSent = false;
  };
  document.addEventListener("page", start);
  start();
})();
