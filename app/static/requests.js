// Comfort only: without it every field is there with the line that says when it is needed, and rows
// are added and removed by the server.
(function () {
  "use strict";
  var form = document.querySelector("form[data-wizard]");
  if (!form) return;

  // « Show if »: the value of another field of this page, as the server compares it.
  function values(name) {
    return Array.prototype.filter.call(form.elements, function (one) {
      return one.name === name && (one.type === "select-one" || one.checked) && !one.closest("[data-show-if][hidden]");
    }).map(function (one) { return one.type === "checkbox" && one.value === "y" ? "yes" : one.value; });
  }
  var depending = Array.prototype.slice.call(form.querySelectorAll("[data-show-if]"));
  function follow() {
    // In the order of the page: a field looks at an earlier one.
    depending.forEach(function (one) {
      var wanted = JSON.parse(one.dataset.showValues);
      one.hidden = !values(one.dataset.showIf).some(function (value) { return wanted.indexOf(value) >= 0; });
    });
  }
  depending.forEach(function (one) { one.querySelector("[data-needed]").hidden = true; });
  form.addEventListener("change", follow);
  follow();

  // Rows of a group: copied from the model, numbered again when one leaves.
  function numbered(group) {
    var rows = group.querySelectorAll(":scope > [data-row]");
    group.querySelector(":scope > [data-add]").hidden = rows.length >= Number(group.dataset.most);
    return rows;
  }
  function add(group) {
    var rows = numbered(group);
    var place = Array.prototype.reduce.call(rows, function (most, row) { return Math.max(most, Number(row.dataset.place || 0)); }, rows.length);
    var holder = document.createElement("div");
    holder.innerHTML = group.querySelector("template").innerHTML.replaceAll("__row__", String(place)).replaceAll("__line__", String(rows.length + 1));
    var row = holder.firstElementChild;
    row.dataset.place = String(place + 1);
    group.insertBefore(row, group.querySelector(":scope > [data-add]"));
    numbered(group);
    var first = row.querySelector("input, select, textarea");
    if (first) first.focus();
  }
  form.addEventListener("click", function (event) {
    var button = event.target.closest("button[name=_add_row], button[name=_remove_row]");
    if (!button) return;
    event.preventDefault();
    var group = button.closest("[data-rows]");
    if (button.name === "_add_row") { add(group); return; }
    button.closest("[data-row]").remove();
    numbered(group);
    group.querySelector(":scope > [data-add] button").focus();
  });
})();
