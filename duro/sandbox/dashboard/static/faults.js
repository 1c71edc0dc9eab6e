// Shows only the fields that belong to the selected kind of fault. The form works without this file.
"use strict";

for (const form of document.querySelectorAll("[data-kinds-of]")) {
  const kind = form.elements[form.dataset.kindsOf];
  const summary = form.querySelector("[data-summary-of]");
  const update = () => {
    const selected = kind.selectedOptions[0];
    const fields = selected.dataset.fields.split(" ");
    for (const field of form.querySelectorAll("[data-kinds]")) {
      field.hidden = !fields.includes(field.dataset.kinds);
      // A disabled field is not sent.
      for (const control of field.querySelectorAll("input, select")) control.disabled = field.hidden;
    }
    summary.textContent = selected.dataset.summary;
  };
  kind.addEventListener("change", update);
  update();
  // After "back", the browser fills in the kind that was selected, without an event.
  window.addEventListener("pageshow", update);
}
