// Grouped entry: without it, « Voir les jours » shows the plan. With it, the plan follows each choice.
(function () {
  "use strict";
  var form = document.getElementById("grouped");
  if (!form) return;
  form.querySelector(".no-script").hidden = true;
  var timer = null, turn = 0, dirty = false, leaving = false;

  function ready() {
    return ["children", "slots"].every(function (name) { return form.querySelector("input[name=" + name + "]:checked"); })
      && (form.elements.period.value !== "dates" || (form.elements.first.value && form.elements.last.value));
  }
  function refresh() {
    if (!ready()) return;
    var mine = ++turn;
    var days = document.getElementById("days");
    days.setAttribute("aria-busy", "true");
    fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(answer.status); })
      .then(function (html) {
        if (mine !== turn) return;
        var page = new DOMParser().parseFromString(html, "text/html");
        var focused = document.activeElement && document.activeElement.name === "day" ? document.activeElement.value : "";
        ["days", "savebar"].forEach(function (id) {
          document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
        });
        ["token", "csrf_token"].forEach(function (name) { form.elements[name].value = page.querySelector("#grouped [name=" + name + "]").value; });
        ["first", "last"].forEach(function (name) {
          if (form.elements.period.value !== "dates") form.elements[name].value = page.getElementById(name).value;
        });
        if (focused) { var box = form.querySelector("input[name=day][value='" + focused + "']"); if (box) box.focus(); }
      })
      .catch(function () { form.querySelector(".no-script").hidden = false; })
      .finally(function () { document.getElementById("days").setAttribute("aria-busy", "false"); });
  }
  form.addEventListener("change", function (event) {
    if (event.target.name === "first" || event.target.name === "last") {
      form.querySelector("input[name=period][value=dates]").checked = true;
    }
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(refresh, 200);
  });
  var whole = form.querySelector("[data-all-days]");
  whole.hidden = false;
  whole.addEventListener("click", function () {
    var boxes = Array.from(form.querySelectorAll("input[name=weekdays]"));
    var all = boxes.every(function (box) { return box.checked; });
    boxes.forEach(function (box) { box.checked = !all; });
    boxes[0].dispatchEvent(new Event("change", { bubbles: true }));
  });
  form.addEventListener("submit", function () { leaving = true; });
  addEventListener("beforeunload", function (event) {
    if (dirty && !leaving && form.querySelector("#savebar .btn-primary:not(:disabled)")) event.preventDefault();
  });
  // « Recharger mon compte » leaves with the choices kept; they come back with the page.
  var path = new URL("./", form.action).pathname;
  form.addEventListener("click", function (event) {
    if (!event.target.closest("[data-recharge]")) return;
    var sent = Array.from(new FormData(form)).filter(function (pair) { return !/token|fingerprint/.test(pair[0]); });
    leaving = window.portail.keep(path, sent);
  });
  addEventListener("pageshow", function () { leaving = false; });
  function restore(sent) {
    form.querySelectorAll(".steps input").forEach(function (input) {
      var values = sent.filter(function (pair) { return pair[0] === input.name; }).map(function (pair) { return pair[1]; });
      if (input.type === "date") input.value = values[0] || "";
      else input.checked = values.includes(input.value);
    });
    // Days turned one by one: said again as the page had them, until its own days come.
    sent.filter(function (pair) { return ["was", "shown", "day"].includes(pair[0]); }).forEach(function (pair) {
      var field = document.createElement("input");
      field.type = "hidden"; field.name = pair[0]; field.value = pair[1];
      document.getElementById("days").append(field);
    });
    dirty = true;
  }
  if (!document.querySelector("#days table")) {
    var back = window.portail.take(path);
    if (back) restore(back);
    refresh();
  }
})();
