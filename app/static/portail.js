// Comfort only: every page works without it.
(function () {
  "use strict";

  // Menus (<details class="menu">): one open at a time, closed by Escape and by a click elsewhere.
  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (menu !== except) menu.open = false;
    });
  }
  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest("details.menu"));
  });
  document.addEventListener("focusin", function (event) {
    closeMenus(event.target.closest("details.menu"));
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    var open = document.querySelector("details.menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // Password: show and hide. The button is hidden in the page, because it needs this script.
  document.querySelectorAll("[data-shows]").forEach(function (button) {
    var field = document.getElementById(button.dataset.shows);
    button.hidden = false;
    button.addEventListener("click", function () {
      var shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    });
  });

  // A refused form: the summary takes the focus, so that it is read first.
  var summary = document.querySelector(".summary");
  if (summary) summary.focus();

  // A double click sends once: the second submit of the same form is ignored.
  document.querySelectorAll("form[method=post]").forEach(function (form) {
    var sent = false;
    form.addEventListener("submit", function (event) {
      if (sent) event.preventDefault();
      else if (!event.defaultPrevented) sent = true;
    });
    addEventListener("pageshow", function () { sent = false; });
  });

  // <form data-guard>: leaving with unsaved changes asks first.
  document.querySelectorAll("form[data-guard]").forEach(function (form) {
    var changed = false;
    var leaving = false;
    form.addEventListener("change", function () { changed = true; });
    form.addEventListener("submit", function () { leaving = true; });
    form.addEventListener("reset", function () { changed = false; });
    addEventListener("beforeunload", function (event) {
      if (changed && !leaving) event.preventDefault();
    });
  });

  // « Clair / Sombre / Automatique »: kept in the cookie that theme.js and the server read.
  document.querySelectorAll("[data-theme-choice] input[name=theme]").forEach(function (radio) {
    radio.addEventListener("change", function () {
      var dark = matchMedia("(prefers-color-scheme: dark)").matches;
      var secure = location.protocol === "https:" ? "; secure" : "";
      document.cookie = "theme=" + radio.value + "; path=/; max-age=31536000; samesite=lax" + secure;
      document.documentElement.setAttribute("data-bs-theme", radio.value === "auto" ? (dark ? "dark" : "light") : radio.value);
    });
  });

  // <select data-go>: choosing sends the form (its button stays for those without script).
  document.querySelectorAll("select[data-go]").forEach(function (select) {
    select.addEventListener("change", function () { select.form.requestSubmit(); });
  });

  // What was chosen and not saved outlives a top-up: kept for an hour in this tab, given back once.
  var HOUR = 3600000;
  function kept() {
    try {
      var found = JSON.parse(sessionStorage.getItem("kept"));
      return found && Date.now() - found.at < HOUR ? found : null;
    } catch (error) { return null; } // storage is refused: nothing is kept
  }
  window.portail = {
    keep: function (path, data) {
      try { sessionStorage.setItem("kept", JSON.stringify({ path: path, at: Date.now(), data: data })); return true; }
      catch (error) { return false; }
    },
    take: function (path) {
      var found = kept();
      if (!found || found.path !== path) return null;
      sessionStorage.removeItem("kept");
      return found.data;
    },
  };
  document.querySelectorAll("a[data-resume]").forEach(function (link) {
    var found = kept();
    if (!found) return;
    link.parentElement.querySelectorAll(".btn-primary").forEach(function (other) { other.classList.toggle("btn-primary", other === link); });
    link.href = found.path;
    link.hidden = false;
  });

  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { print(); });
  });
})();
