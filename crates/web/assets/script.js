// Progressive enhancement: forms are submitted with fetch, times get a title in the local time zone, and the token in the
// URL's fragment is posted in a form, because browsers do not send fragments. Only `/sign-in/link` requires the script.
"use strict";

const main = () => document.querySelector("main");

// Where the tabs do not all fit, the open one and the one with the focus are in the middle.
const showTab = (tab) => {
  const tabs = tab.parentElement;
  tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.clientWidth) / 2;
};
document.addEventListener("focusin", ({ target }) => { if (target.matches(".tabs a")) showTab(target); });

// The text of a time is relative ("in 3 days"); its title is the exact local time.
const enhance = () => {
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.title = new Date(time.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: "full", timeStyle: "long" });
  }
  for (const control of document.querySelectorAll("[data-copy], [data-select-all], [data-print]")) control.hidden = false;
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) showTab(tab);
};

// Adds the scripts that a page has and this one does not: forms with a challenge need one.
const addScripts = (page) => {
  const path = (script) => script.getAttribute("src")?.split("?")[0];
  const own = new Set([...document.scripts].map(path));
  const missing = [...page.scripts].filter((script) => !own.has(path(script)));
  return Promise.all(missing.map(({ src }) => new Promise((resolve) => {
    document.head.append(Object.assign(document.createElement("script"), { src, onload: resolve, onerror: resolve }));
  })));
};

// The page that is shown, without the fragment.
const pageUrl = () => location.pathname + location.search;
let shownUrl = pageUrl();
const setUrl = (url) => {
  const isSame = new URL(url).pathname + new URL(url).search === shownUrl;
  history[isSame ? "replaceState" : "pushState"](null, "", url);
  shownUrl = pageUrl();
};

const isVisible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

// Moves the focus to what the person has to read or to fill in first: the error, a code's field, the message or the heading.
const focusResult = () => {
  for (const selector of ["[role=alert]", "[autofocus]", "[role=status]", "h1"]) {
    const found = [...main().querySelectorAll(selector)].find((element) => isVisible(element) && (element.autofocus || element.textContent.trim()));
    if (found) {
      if (!found.autofocus) found.tabIndex = -1;
      found.focus();
      return;
    }
  }
};

// Replaces <main> by the one of the response, and header and footer if they changed.
const show = async (response) => {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = page.querySelector("main");
  if (!next) throw new TypeError("no page");
  // The page that leaves for an identity provider does so by its head, which is not replaced.
  const leave = next.querySelector("a[data-leave]");
  if (leave) {
    location.assign(leave.href);
    return;
  }
  await addScripts(page);
  for (const selector of [".top", ".bottom"]) {
    const [old, changed] = [document.querySelector(selector), page.querySelector(selector)];
    if (old && changed && old.outerHTML !== changed.outerHTML) old.replaceWith(document.adoptNode(changed));
  }
  main().replaceWith(document.adoptNode(next));
  document.title = page.title;
  if (response.redirected) setUrl(response.url);
  enhance();
  focusResult();
  document.dispatchEvent(new Event("page"));
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.busy) return event.preventDefault();
  form.dataset.busy = "yes";
  const buttons = form.querySelectorAll("button");
  // Later, because FormData omits disabled buttons.
  setTimeout(() => buttons.forEach((button) => { button.disabled = true; }));
  if (!("ajax" in form.dataset)) return undefined;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  // A field that is named like a property of the form hides it, such as "action" and "method": the attributes are read.
  const attribute = (name) => event.submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name) ?? "";
  const isPost = attribute("method") === "post";
  const body = attribute("enctype") === "multipart/form-data" ? fields : new URLSearchParams(fields);
  // So that whatever refuses the request answers with a page.
  const headers = { accept: "text/html" };
  const request = isPost ? { method: "POST", body, headers } : { headers };
  const target = new URL(attribute("action") || location.href, location.href);
  if (!isPost) target.search = body;
  try {
    const response = await fetch(target, request);
    await show(response);
    if (!isPost) setUrl(response.url);
  } catch {
    delete form.dataset.busy;
    buttons.forEach((button) => { button.disabled = false; });
    document.querySelector("#offline")?.removeAttribute("hidden");
    focusResult();
  }
  return undefined;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  event.preventDefault();
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = button.dataset.copied;
});

document.addEventListener("click", ({ target }) => { if (target.closest?.("[data-print]")) print(); });

// The checkbox in the heading of a table selects all rows.
document.addEventListener("change", ({ target }) => {
  if (!("selectAll" in target.dataset)) return;
  for (const box of target.closest("table").querySelectorAll("td.select input")) box.checked = target.checked;
});

// Menus close when the person goes on elsewhere, and with Escape, which moves the focus to the button of the menu.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(except)) menu.open = false;
};
document.addEventListener("click", ({ target }) => closeMenus(target));
document.addEventListener("focusin", ({ target }) => closeMenus(target));
document.addEventListener("keydown", ({ key, target }) => {
  const menu = key === "Escape" && target.closest?.("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Links to a part of the page, as the one to the content, cause this event too.
window.addEventListener("popstate", () => { if (pageUrl() !== shownUrl) location.reload(); });
// A page from the back/forward cache may have disabled buttons.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

const token = new URLSearchParams(location.hash.slice(1)).get("token");
const tokenForm = document.querySelector("form[data-token-form]");
if (token && tokenForm) {
  history.replaceState(null, "", location.pathname + location.search);
  tokenForm.elements.token.value = token;
  if (tokenForm.dataset.tokenForm === "submit") tokenForm.requestSubmit();
}
enhance();
