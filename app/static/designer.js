// Comfort of the designer: of a condition, only the values of the chosen question are shown.
(function () {
  "use strict";
  document.querySelectorAll("[data-condition]").forEach(function (part) {
    var select = part.querySelector("select");
    function show() {
      part.querySelectorAll("[data-of]").forEach(function (values) {
        values.hidden = values.dataset.of !== select.value;
      });
    }
    select.addEventListener("change", show);
    show();
  });
})();
