// Agenda: the page works without it. With it: the day's card stays beside the grid on a wide screen,
// cells follow the boxes, arrow keys move, the save bar counts, leaving unsaved changes asks first.
(function () {
  "use strict";
  var form = document.getElementById("agenda");
  if (!form) return;
  var words = JSON.parse(form.dataset.words);
  var bar = document.getElementById("savebar");
  var wide = matchMedia("(min-width: 992px)");
  var panels = Array.from(form.querySelectorAll(".day"));
  var cells = new Map();
  form.querySelectorAll("button.cell[popovertarget]").forEach(function (cell) {
    cells.set(cell.getAttribute("popovertarget"), cell);
  });
  var euro = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: "EUR" });
  function euros(cents) { return euro.format(cents / 100).replace(/\u202f/g, "\u00a0").replace(/^-/, "\u2212\u00a0"); }
  function boxes(panel) { return Array.from(panel.querySelectorAll("input[name=o]")); }
  function booked(box) { return box.hasAttribute("data-b"); }
  function changed(box) { return box.checked !== booked(box); }
  function cents(box) { return Number(box.dataset.c || 0); }

  // ---- Panels: popovers on a telephone, one card beside the grid on a wide screen.
  var chosen = null;
  function layout() {
    panels.forEach(function (panel) {
      if (panel.matches(":popover-open")) panel.hidePopover();
      cells.get(panel.id).setAttribute("aria-expanded", "false");
      if (wide.matches) {
        panel.removeAttribute("popover"); panel.removeAttribute("role"); panel.hidden = true;
        cells.get(panel.id).removeAttribute("popovertarget");
      } else {
        panel.hidden = false; panel.setAttribute("popover", "auto"); panel.setAttribute("role", "dialog");
        cells.get(panel.id).setAttribute("popovertarget", panel.id);
      }
    });
    if (chosen) show(chosen);
  }
  function show(panel) {
    chosen = panel;
    if (!wide.matches) return;
    panels.forEach(function (other) {
      other.hidden = other !== panel;
      cells.get(other.id).setAttribute("aria-expanded", String(other === panel));
    });
  }
  cells.forEach(function (cell, id) {
    var panel = document.getElementById(id);
    cell.setAttribute("aria-controls", id);
    cell.addEventListener("click", function () {
      if (!wide.matches) return;
      show(panel);
      panel.querySelector("h3").focus({ preventScroll: true });
    });
    panel.addEventListener("toggle", function (event) {
      var open = event.newState === "open";
      cell.setAttribute("aria-expanded", String(open));
      if (open) panel.querySelector("h3").focus();
    });
    panel.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && wide.matches) cell.focus();
    });
  });
  function step(panel, by) {
    var next = panels[panels.indexOf(panel) + by];
    if (!next) return;
    panel.hidePopover();
    next.showPopover();
  }
  panels.forEach(function (panel, index) {
    [["prev", -1, words.previousDay, "left"], ["next", 1, words.nextDay, "right"]].forEach(function (spec) {
      if (!panels[index + spec[1]]) return;
      var button = document.createElement("button");
      button.type = "button";
      button.className = "day-nav " + spec[0];
      button.setAttribute("aria-label", spec[2]);
      button.appendChild(icon("chevron-" + spec[3]));
      button.addEventListener("click", function () { step(panel, spec[1]); });
      panel.querySelector("header").append(button);
    });
  });

  // ---- Arrow keys move in the grid (days that can be opened only).
  var order = Array.from(cells.values());
  form.querySelector(".month").addEventListener("keydown", function (event) {
    var move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    var here = order.indexOf(document.activeElement);
    if (here < 0) return;
    var target = move ? order[here + move] : null;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") target = sameColumn(order[here], event.key === "ArrowDown" ? 1 : -1);
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
  function sameColumn(cell, by) {
    var column = cell.parentElement.cellIndex;
    for (var row = cell.closest("tr"); (row = by > 0 ? row.nextElementSibling : row.previousElementSibling);) {
      var found = row.cells[column].querySelector("button.cell:not(:disabled)");
      if (found) return found;
    }
    return null;
  }

  // ---- Cells follow the boxes.
  function icon(name) {
    var sample = document.querySelector("svg.i use");
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "i"); svg.setAttribute("aria-hidden", "true");
    var use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", sample.getAttribute("href").split("#")[0] + "#" + name);
    svg.appendChild(use);
    return svg;
  }
  function shortName(box) { return box.dataset.s; }
  function upper(text) { return text.charAt(0).toUpperCase() + text.slice(1); }
  panels.forEach(function (panel) {
    var cell = cells.get(panel.id);
    var word = cell.querySelector(".word").textContent;
    var small = (cell.querySelector("small") || {}).textContent || "";
    var saved = cell.dataset.saved; // the page came with changes that are not saved
    panel.saved = {
      state: saved || Array.from(cell.classList).find(function (name) { return name.startsWith("st-"); }),
      word: saved ? words.states[saved] : word,
      detail: saved ? upper(boxes(panel).filter(booked).map(shortName).join(", ")) : small,
    };
    boxes(panel).forEach(function (box) {
      box.parentElement.querySelectorAll(".is-dirty").forEach(function (tag) { tag.remove(); });
      box.fixed = box.parentElement.querySelector(".tag");
      box.tag = document.createElement("span");
      box.tag.className = "tag tag-warn is-dirty";
      box.tag.hidden = true;
      box.parentElement.append(box.tag);
    });
  });
  function redraw(panel) {
    var cell = cells.get(panel.id);
    var all = boxes(panel);
    var dirty = all.filter(changed);
    var word = cell.querySelector(".word");
    var small = cell.querySelector("small");
    cell.className = "cell " + (dirty.length ? "st-dirty" : panel.saved.state);
    if (dirty.length) {
      word.textContent = words.dirty;
      var kept = all.filter(function (box) { return box.checked && booked(box); }).map(shortName);
      var moved = dirty.map(function (box) { return (box.checked ? "+\u00a0" : "\u2212\u00a0") + shortName(box); });
      small.textContent = upper(kept.concat(moved).join(", "));
    } else {
      word.textContent = panel.saved.word;
      small.textContent = panel.saved.detail;
    }
    var lines = Array.from(panel.querySelectorAll(".slot"));
    cell.querySelectorAll(".dashes i").forEach(function (dash, index) {
      var box = lines[index] && lines[index].querySelector("input");
      if (box) dash.classList.toggle("on", box.checked);
    });
    all.forEach(function (box) {
      box.tag.hidden = !changed(box);
      if (box.fixed) box.fixed.hidden = changed(box);
      box.tag.textContent = box.checked ? words.added : words.removed;
    });
    var total = all.filter(function (box) { return box.checked; }).reduce(function (sum, box) { return sum + cents(box); }, 0);
    lines.forEach(function (line) {
      if (line.dataset.kept) total += Number(line.dataset.kept);
    });
    panel.querySelector(".day-total strong").textContent = euros(total);
    return dirty;
  }

  // ---- Save bar.
  // Only the days up to the horizon of the cover count against what is available (B6).
  var available = form.dataset.available === "" ? null : Number(form.dataset.available);
  var coveredDays = Number(form.dataset.covered);
  function count(text, number) { return text[number > 1 ? 1 : 0].replace("{}", number); }
  function refresh() {
    var days = 0, added = 0, removed = 0, moved = 0, adds = false;
    panels.forEach(function (panel) {
      var dirty = redraw(panel);
      if (dirty.length) days += 1;
      var counts = Number(panel.id.slice(1)) <= coveredDays;
      dirty.forEach(function (box) {
        if (box.checked) { added += cents(box); adds = true; } else removed += cents(box);
        if (counts) moved += box.checked ? cents(box) : -cents(box);
      });
    });
    var missing = available === null ? 0 : moved - available;
    var short = adds && missing > 0;
    bar.hidden = days === 0;
    bar.querySelector("[data-title]").textContent = short ? words.missing.replace("{}", euros(missing)) : count(words.days, days);
    bar.querySelector("[data-detail]").textContent = [[words.moreMoney, added], [words.lessMoney, removed]].filter(function (part) { return part[1]; })
      .map(function (part) { return part[0].replace("{}", euros(part[1])); }).join(", ");
    bar.querySelector("[data-figure='0']").textContent = euros(added - removed);
    bar.querySelector(".what").classList.toggle("short", short);
    var recharge = bar.querySelector("[data-recharge]");
    recharge.hidden = !short;
    if (short) recharge.search = "?montant=" + (missing / 100).toFixed(2);
    return days;
  }
  form.addEventListener("change", refresh);
  var leaving = false;
  form.addEventListener("submit", function () { leaving = true; });
  bar.querySelector("[data-cancel]").addEventListener("click", function () { leaving = true; });
  // « Recharger mon compte » leaves with the ticks kept; they come back with the page.
  var path = new URL(form.action).pathname;
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-recharge]")) return;
    var moved = panels.flatMap(boxes).filter(changed).map(function (box) { return [box.value, box.checked]; });
    leaving = window.portail.keep(path, moved);
  });
  (window.portail.take(path) || []).forEach(function (pair) {
    var box = panels.flatMap(boxes).find(function (one) { return one.value === pair[0]; });
    if (box && !box.disabled) box.checked = pair[1];
  });
  addEventListener("pageshow", function () { leaving = false; refresh(); });
  addEventListener("beforeunload", function (event) {
    if (!leaving && panels.some(function (panel) { return boxes(panel).some(changed); })) event.preventDefault();
  });
  wide.addEventListener("change", layout);
  layout();
  refresh();
  if (panels.length) {
    var today = form.querySelector("button.cell[aria-current]:not(:disabled)");
    var first = today || order.find(function (cell) { return cell.matches(".st-dirty, .st-free, .st-booked, .st-other"); }) || order[0];
    show(document.getElementById(first.getAttribute("aria-controls")));
  }
  // « Les prochains jours » of the home page lead to one day.
  var asked = panels.find(function (panel) { return "#" + panel.id === location.hash; });
  if (asked) {
    show(asked);
    if (!wide.matches) asked.showPopover();
  }
  document.documentElement.classList.add("agenda-ready");
})();
