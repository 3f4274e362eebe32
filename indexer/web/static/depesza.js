"use strict";
/* The keys / j k o e d ? and Escape. Every page works without this file. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const dialog = document.getElementById("keys");
  const rows = () => [...document.querySelectorAll(".hit")];
  let current = -1;

  const go = (step) => {
    const all = rows();
    if (!all.length) return;
    const focused = all.findIndex((row) => row.contains(document.activeElement));
    current = Math.min(all.length - 1, Math.max(0, (focused >= 0 ? focused : current) + step));
    const link = all[current].querySelector("h2 a");
    link.focus({ preventScroll: true });
    all[current].scrollIntoView({ block: "nearest" });
  };
  const here = () => {
    const all = rows();
    return all.find((row) => row.contains(document.activeElement)) || all[current] || document;
  };
  const follow = (selector) => {
    const link = here().querySelector(selector);
    if (link) link.click();
  };
  const unfold = () => {
    const copies = here().querySelector("details.copies");
    if (copies) copies.open = !copies.open;
  };
  const acts = {
    "/": () => document.getElementById("q")?.select(),
    j: () => go(1),
    k: () => go(-1),
    o: () => follow("h2 a"),
    e: unfold,
    d: () => follow("a.compare"),
    "?": () => dialog.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll(".agency:is(:hover, :focus-within)").forEach((one) => one.classList.add("dismissed"));
      return;
    }
    if (root.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || dialog.open) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  const again = (event) => event.target.closest?.(".agency.dismissed")?.classList.remove("dismissed");
  document.addEventListener("focusout", again);
  document.addEventListener("mouseout", again);
  document.getElementById("show-keys")?.addEventListener("click", () => dialog.showModal());
})();
