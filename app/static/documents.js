// Comfort only: dropping files, their names, and the progress of a long sending.
(function () {
  "use strict";
  var drops = document.querySelectorAll("[data-drop]");
  if (!drops.length) return;
  var form = drops[0].closest("form");
  var sending = form.querySelector("[data-sending]");
  var failed = form.querySelector("[data-failed]");
  var busy = false;

  function comfort(drop) {
    var input = drop.querySelector("input[type=file]");
    var chosen = drop.querySelector("[data-chosen]");
    drop.querySelector(".drop-hint").hidden = false;
    function show() {
      chosen.replaceChildren();
      Array.prototype.forEach.call(input.files, function (file) {
        var line = document.createElement("li");
        line.textContent = file.name;
        chosen.appendChild(line);
      });
    }
    input.addEventListener("change", show);
    ["dragenter", "dragover"].forEach(function (name) {
      drop.addEventListener(name, function (event) { event.preventDefault(); drop.classList.add("over"); });
    });
    ["dragleave", "drop"].forEach(function (name) {
      drop.addEventListener(name, function () { drop.classList.remove("over"); });
    });
    drop.addEventListener("drop", function (event) {
      event.preventDefault();
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      show();
    });
  }
  drops.forEach(comfort);

  function hasFiles() {
    return Array.prototype.some.call(form.querySelectorAll("input[type=file]"), function (input) { return input.files.length; });
  }
  function stop() {
    sending.hidden = true;
    failed.hidden = false;
    busy = false;
  }
  // Captured: the page's own guard against double clicks must not see a sending that may be tried again.
  form.addEventListener("submit", function (event) {
    if (!hasFiles()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (busy) return;
    var call = new XMLHttpRequest();
    busy = true;
    failed.hidden = true;
    sending.hidden = false;
    call.upload.addEventListener("progress", function (at) {
      if (at.lengthComputable) form.querySelector("progress").value = (100 * at.loaded) / at.total;
    });
    call.addEventListener("load", function () {
      // The answer is a whole page, with what it says once: shown as the browser would have.
      if (call.responseURL !== location.href) history.pushState(null, "", call.responseURL);
      document.open();
      document.write(call.responseText);
      document.close();
    });
    call.addEventListener("error", stop);
    call.addEventListener("abort", stop);
    call.open("POST", form.getAttribute("action") || location.href);
    call.send(new FormData(form, event.submitter));
  }, true);
})();
