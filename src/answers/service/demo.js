// The demo page: puts the widget up for the product or category of the address.
(() => {
  "use strict";
  const asked = new URLSearchParams(location.search);
  const widget = document.createElement("skuscribe-answers");
  const category = asked.get("category");
  if (category) widget.setAttribute("category", category);
  else if (asked.get("skus")) widget.setAttribute("skus", asked.get("skus"));
  else widget.setAttribute("sku", asked.get("sku") || "24-MB01");
  widget.setAttribute("locale", asked.get("locale") || "en-US");
  const form = document.querySelector("form");
  form.elements.sku.value = category || asked.get("skus") ? "" : asked.get("sku") || "24-MB01";
  form.elements.category.value = category || "";
  form.elements.locale.value = asked.get("locale") || "en-US";
  // For whoever watches the page from outside.
  widget.addEventListener("skuscribe-answer", (event) => {
    document.body.dataset.outcome = event.detail.outcome;
    document.body.dataset.answer = event.detail.text;
  });
  document.getElementById("place").append(widget);
  const question = asked.get("question");
  if (question) customElements.whenDefined("skuscribe-answers").then(() => widget.ask(question));
})();
