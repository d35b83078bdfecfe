// Remembers a visitor's choices, if the visitor says so. Nothing is written before that.
(() => {
  "use strict";

  const HALF_A_YEAR = 60 * 60 * 24 * 182;
  const NOTES = ["hb_consent", "hb_id", "hb_team", "hb_interest", "hb_view"];
  const ask = document.getElementById("ask");

  const read = (name) =>
    document.cookie.split("; ").find((pair) => pair.startsWith(name + "="))?.slice(name.length + 1) ?? "";

  // An empty value removes the note.
  const write = (name, value) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=${value ? HALF_A_YEAR : 0}; SameSite=Lax${secure}`;
  };

  const randomId = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  const mayRemember = () => read("hb_consent") === "personalization";

  const remember = (facet, value) => {
    write(`hb_${facet}`, value);
    const url = new URL(location.href);
    url.searchParams.delete(facet);
    history.replaceState(null, "", url);
    location.reload();
  };

  const choose = (facet, value, href) => {
    if (!value || mayRemember()) {
      remember(facet, value);
      return;
    }
    // A button leads nowhere, so there is no "just this once" for it.
    ask.querySelector("[value=once]").hidden = !href;
    ask.returnValue = "";
    ask.onclose = () => {
      if (ask.returnValue === "remember") {
        write("hb_consent", "personalization");
        write("hb_id", randomId());
        remember(facet, value);
      } else if (ask.returnValue === "once" && href) {
        location.assign(href);
      }
    };
    ask.showModal();
  };

  const showNotes = () => {
    for (const cell of document.querySelectorAll("[data-note]")) {
      cell.textContent = read(cell.dataset.note) || "nothing";
    }
  };

  const say = (text) => {
    const status = document.querySelector("[data-status]");
    if (status) status.textContent = text;
  };

  // A campaign's prices go with the link that brought them, to the things one opens from here.
  const campaign = new URLSearchParams(location.search).get("utm_campaign");
  if (campaign) {
    for (const link of document.querySelectorAll("main a[href^='/shop/']")) {
      const url = new URL(link.href);
      url.searchParams.set("utm_campaign", campaign);
      link.href = url;
    }
  }

  // The index narrows to what has every word that is typed, wherever it stands.
  const search = document.querySelector("[data-search]");
  if (search) {
    const field = search.elements.q;
    const entries = [...document.querySelectorAll("[data-index] li")].map((item) => ({
      item,
      words: `${item.textContent} ${item.dataset.words}`.toLowerCase(),
    }));
    const narrow = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const entry of entries) {
        const isFound = words.every((word) => entry.words.includes(word));
        entry.item.hidden = !isFound;
        count += isFound;
      }
      for (const section of document.querySelectorAll("[data-index] section")) {
        section.hidden = !section.querySelector("li:not([hidden])");
      }
      document.querySelector("[data-empty]").hidden = count > 0;
      document.querySelector("[data-found]").textContent = words.length ? `${count} found` : "";
    };
    field.value = new URLSearchParams(location.search).get("q") ?? "";
    field.addEventListener("input", narrow);
    search.addEventListener("submit", (event) => event.preventDefault());
    narrow();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-forget]")) {
      for (const name of NOTES) write(name, "");
      showNotes();
      say("Forgotten.");
      return;
    }
    const control = event.target.closest("[data-remember]");
    if (!control || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // A browser that asks not to be tracked is not asked either: its links work for one page.
    if (navigator.globalPrivacyControl) return;
    event.preventDefault();
    const [facet, value] = control.dataset.remember.split("=");
    choose(facet, value, control.href);
  });

  if (navigator.globalPrivacyControl) {
    for (const control of document.querySelectorAll("button[data-remember]")) (control.closest(".chooser") ?? control).hidden = true;
    say("Your browser asks every site not to remember things, so we do not.");
  }
  showNotes();
})();
