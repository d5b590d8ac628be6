// Sets the theme before the first paint. Loaded in <head>, without defer: a few hundred bytes.
// The cookie « theme » (light, dark or auto) is the only memory, so the server agrees with it.
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = matchMedia("(prefers-color-scheme: dark)");
  function chosen() {
    var found = /(?:^|; )theme=(light|dark)/.exec(document.cookie);
    return found ? found[1] : dark.matches ? "dark" : "light";
  }
  function apply() { root.setAttribute("data-bs-theme", chosen()); }
  apply();
  root.classList.add("js");
  dark.addEventListener("change", apply);
})();
