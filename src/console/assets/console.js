// The console in the browser: keys, decisions written behind with the next item already there, evidence lit both ways.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const body = document.body;
  const text = (key) => body.dataset[key] || key;

  // Theme and keys are each person's own; they are kept in this browser.
  const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private windows keep nothing */ } };
  const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const setTheme = (theme) => { document.documentElement.dataset.theme = theme; keep("theme", theme); };
  if (kept("theme")) document.documentElement.dataset.theme = kept("theme");
  const keysOn = () => body.dataset.keys === "on" && kept("keys") !== "off";

  // Evidence, both ways: a statement lights its attribute, an attribute its statements.
  const unlight = () => $$(".lit").forEach((lit) => lit.classList.remove("lit"));
  const light = (target) => {
    unlight();
    const mark = target.closest?.(".mark");
    const fact = target.closest?.(".fact");
    if (mark) {
      const why = $("#why");
      if (why) why.textContent = mark.dataset.why || "";
      $$(".fact").filter((fact) => (mark.dataset.attribute || "").split("\n").includes(fact.dataset.name)).forEach((fact) => {
        fact.classList.add("lit");
        if (mark === document.activeElement) fact.scrollIntoView({ block: "nearest" });
      });
    } else if (fact) {
      $$(".mark").filter((mark) => (mark.dataset.attribute || "").split("\n").includes(fact.dataset.name))
        .forEach((mark) => mark.classList.add("lit"));
    }
  };
  document.addEventListener("focusin", (event) => light(event.target));
  document.addEventListener("mouseover", (event) => { if (event.target.closest?.(".mark, .fact")) light(event.target); });

  // Decisions: the next item is shown at once, the decision is written behind it.
  const item = () => $("#item");
  let waiting = 0;
  const chip = (state, message) => {
    const saving = $("#saving");
    if (saving) { saving.textContent = message ? `${text(state)}: ${message}` : text(state); saving.dataset.state = state; }
  };
  const ahead = new Map();
  const fetchAhead = (address) => {
    if (!address || ahead.has(address)) return ahead.get(address);
    if (ahead.size > 6) ahead.delete(ahead.keys().next().value);
    const fetched = fetch(address, { headers: { "x-fragment": "item" } }).then((response) => (response.ok ? response.text() : null)).catch(() => null);
    ahead.set(address, fetched);
    return fetched;
  };
  const prefetch = () => {
    if (!item()) return;
    (item().dataset.ahead || "").split("\n").filter(Boolean).forEach(fetchAhead);
  };
  const isItem = (address) => Boolean(address) && new URL(address, location).pathname.startsWith("/review/");
  const show = async (address, push = true) => {
    if (!isItem(address) || !item()) { location.assign(address); return; }
    const html = await fetchAhead(address);
    ahead.delete(address);
    if (html === null || !item()) { location.assign(address); return; }
    const holder = document.createElement("template");
    holder.innerHTML = html;
    item().replaceWith(holder.content);
    if (push) history.pushState({}, "", item().dataset.address || address);
    document.title = item().dataset.title || document.title;
    window.htmx?.process(item());
    window.scrollTo(0, 0);
    $("#item h1")?.focus();
    prefetch();
    lease("take");
  };
  window.addEventListener("popstate", () => { if (item()) location.reload(); });
  window.addEventListener("beforeunload", (event) => { if (waiting > 0) event.preventDefault(); });

  const send = async (form) => {
    const data = new URLSearchParams(new FormData(form));
    waiting += 1;
    chip("saving");
    try {
      const response = await fetch(form.action, { method: "POST", body: data, headers: { "x-fragment": "decision" } });
      const answer = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(answer.detail || response.statusText);
      waiting -= 1;
      chip(waiting > 0 ? "saving" : "saved");
      const strip = $("#strip");
      if (strip && answer.strip) { strip.outerHTML = answer.strip; }
      return answer;
    } catch (error) {
      waiting -= 1;
      chip("failed");
      const place = $("#failures");
      if (place) {
        const line = document.createElement("p");
        line.className = "notice bad";
        line.setAttribute("role", "alert");
        const link = document.createElement("a");
        link.href = form.dataset.item || form.action;
        link.textContent = form.dataset.name || "";
        line.append(`${text("failed")}: `, link, ` ${error.message}`);
        place.append(line);
      }
      return null;
    }
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-decision]")) return;
    event.preventDefault();
    const next = item()?.dataset.next;
    form.closest("dialog")?.close();
    if (form.dataset.decision === "stay") {
      send(form).then((answer) => { if (answer) { ahead.clear(); show(answer.then || location.href, Boolean(answer.then)); } });
      return;
    }
    const sent = send(form);
    if (isItem(next)) show(next);
    else sent.then((answer) => { if (answer) location.assign(answer.then || "/review"); });
  });

  // Keys work outside fields alone, and can be switched off.
  const inField = (target) => target.closest("input, textarea, select, [contenteditable]");
  const press = (selector) => { const found = $(selector); if (found) found.click(); return Boolean(found); };
  let finding = -1;
  const toFinding = (step) => {
    const marks = $$("#item .mark.refuted, #item .mark.not-stated, #item .mark.finding");
    if (!marks.length) return false;
    finding = (finding + step + marks.length) % marks.length;
    marks[finding].focus();
    return true;
  };
  const keys = {
    a: () => press("#approve"), e: () => press("#edit"), r: () => press("#reject"), g: () => press("#regenerate"),
    l: () => press("#lock"), s: () => press("#later"), j: () => press("#later"), k: () => { history.back(); return true; },
    n: () => toFinding(1), p: () => toFinding(-1), u: () => press("#strip button"),
    d: () => actOnFinding("drop"), f: () => actOnFinding("dismiss"),
    "/": () => { const field = $("input[type=search]"); field?.focus(); return Boolean(field); },
    "?": () => press("#show-keys"),
  };
  const actOnFinding = (act) => {
    const mark = document.activeElement?.closest?.(".mark");
    const which = mark?.dataset.finding;
    const button = which !== undefined ? $(`#${act}-${which}`) : $(`.findings [data-act=${act}]`);
    if (button) button.click();
    return Boolean(button);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form?.matches("form[data-edit]")) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !keysOn() || inField(event.target)) return;
    const open = $("dialog[open]");
    if (open) {
      const reason = /^[1-9]$/.test(event.key) && $(`[data-reason="${event.key}"]`, open);
      if (reason) { event.preventDefault(); reason.click(); }
      return;
    }
    const act = keys[event.key.toLowerCase()];
    const anywhere = event.key === "/" || event.key === "?";
    if (act && (anywhere || item()) && act()) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-open], [data-close], [data-fill], [data-theme-to], [data-keys-to], [data-go]");
    if (!target) return;
    if (target.dataset.open) { const dialog = $(target.dataset.open); dialog?.showModal(); $("textarea, input:not([type=hidden])", dialog)?.focus(); event.preventDefault(); }
    if (target.dataset.close !== undefined) target.closest("dialog")?.close();
    if (target.dataset.fill) { const field = $(target.dataset.fill); field.value = target.dataset.value; field.form.requestSubmit(); }
    if (target.dataset.themeTo) setTheme(target.dataset.themeTo);
    if (target.dataset.keysTo) { keep("keys", target.dataset.keysTo); location.reload(); }
    if (target.dataset.go && item()) { event.preventDefault(); show(target.getAttribute("href")); }
  });

  // A lease is renewed while its tab is looked at, and given back when it is left.
  const lease = (act) => {
    const place = item()?.dataset.lease;
    if (!place || document.hidden) return;
    const data = new URLSearchParams({ csrf: body.dataset.csrf });
    fetch(`${place}/lease/${act}`, { method: "POST", body: data, keepalive: act === "release" }).catch(() => {});
  };
  setInterval(() => lease("take"), 120_000);
  lease("take");
  window.addEventListener("pagehide", () => lease("release"));

  // Live figures rest while nobody looks.
  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    if (document.hidden || window.getSelection()?.toString()) event.preventDefault();
  });
  prefetch();
})();
