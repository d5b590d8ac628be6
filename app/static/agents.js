// Comfort of the agents' lists and forms; loaded after portail.js.
(function () {
  "use strict";

  // A button with data-confirm asks first, then sends its form as if nothing had been asked.
  var dialog = document.getElementById("confirm");
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-confirm]");
    if (!button || button.dataset.confirmed) return;
    event.preventDefault();
    dialog.querySelector("[data-text]").textContent = button.dataset.confirm;
    dialog.returnValue = "";
    dialog.onclose = function () {
      if (dialog.returnValue !== "yes") return;
      button.dataset.confirmed = "yes";
      button.form.requestSubmit(button);
    };
    dialog.showModal();
  });

  // Bulk actions: « all », and how many are chosen.
  document.querySelectorAll("[data-all]").forEach(function (all) {
    var form = all.dataset.all;
    var rows = document.querySelectorAll('input[name=rowid][form="' + form + '"]');
    var label = document.querySelector('[data-selected="' + form + '"]');
    var buttons = document.querySelectorAll("#" + form + " button");
    function count() {
      var chosen = Array.prototype.filter.call(rows, function (row) { return row.checked; }).length;
      label.textContent = chosen ? chosen + " / " + rows.length : "";
      buttons.forEach(function (button) { button.disabled = !chosen; });
      all.checked = chosen === rows.length;
    }
    all.addEventListener("change", function () {
      rows.forEach(function (row) { row.checked = all.checked; });
      count();
    });
    rows.forEach(function (row) { row.addEventListener("change", count); });
    count();
  });

  // Filters: the operator renames its field; empty fields are not sent.
  document.querySelectorAll("[data-renames]").forEach(function (operator) {
    operator.hidden = false;
    operator.addEventListener("change", function () {
      document.getElementById(operator.dataset.renames).name = operator.value;
    });
  });
  document.querySelectorAll("[data-filters]").forEach(function (form) {
    form.addEventListener("submit", function () {
      form.querySelectorAll("[name]").forEach(function (field) { field.disabled = !field.value; });
    });
  });
})();
