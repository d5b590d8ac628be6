// Comfort only: a ready amount is written into the field; typing another one lets go of it.
(function () {
  "use strict";
  var presets = document.querySelectorAll(".preset input");
  var amount = document.getElementById("amount");
  if (!presets.length || !amount) return;
  function write(preset) {
    amount.value = (preset.value / 100).toFixed(2).replace(".", ",");
  }
  presets.forEach(function (preset) {
    preset.addEventListener("change", function () { write(preset); });
    if (preset.checked && !amount.value) write(preset);
  });
  amount.addEventListener("input", function () {
    presets.forEach(function (preset) { preset.checked = false; });
  });
})();
