// Skuscribe's chat widget: shoppers' questions about a product, answered from its facts. One script, no dependency.
//
//   <script src="https://answers.shop.example/widget.js" defer></script>
//   <skuscribe-answers sku="24-MB01" locale="en-US"></skuscribe-answers>
//
// Attributes: sku, or skus (with commas), or category; locale; endpoint (where the script came from, unless it is named);
// heading. Whatever the service sends is set as text, never as markup.
(() => {
  "use strict";
  const TEXTS = {
    en: { heading: "Questions about this product?", several: "Questions about these products?", label: "Your question", ask: "Ask", you: "You asked", we: "Answer", basis: "Based on", wait: "Looking it up…", failed: "That did not work. Please ask again.", later: "Too many questions. Please wait a moment.", unstated: "not stated", yes: "yes", no: "no", product: "Product", note: "Answers come from the product data alone. Please do not enter personal data." },
    de: { heading: "Fragen zu diesem Produkt?", several: "Fragen zu diesen Produkten?", label: "Ihre Frage", ask: "Fragen", you: "Ihre Frage", we: "Antwort", basis: "Grundlage", wait: "Wird nachgesehen…", failed: "Das hat nicht geklappt. Bitte fragen Sie noch einmal.", later: "Zu viele Fragen. Bitte warten Sie einen Moment.", unstated: "keine Angabe", yes: "ja", no: "nein", product: "Produkt", note: "Antworten stammen allein aus den Produktdaten. Bitte keine persönlichen Daten eingeben." },
    fr: { heading: "Des questions sur ce produit ?", several: "Des questions sur ces produits ?", label: "Votre question", ask: "Demander", you: "Votre question", we: "Réponse", basis: "D'après", wait: "Recherche…", failed: "Cela n'a pas fonctionné. Veuillez réessayer.", later: "Trop de questions. Veuillez patienter un instant.", unstated: "non précisé", yes: "oui", no: "non", product: "Produit", note: "Les réponses viennent des seules données produit. Ne saisissez pas de données personnelles." },
    es: { heading: "¿Preguntas sobre este producto?", several: "¿Preguntas sobre estos productos?", label: "Su pregunta", ask: "Preguntar", you: "Su pregunta", we: "Respuesta", basis: "Según", wait: "Buscando…", failed: "No ha funcionado. Pregunte otra vez.", later: "Demasiadas preguntas. Espere un momento.", unstated: "sin datos", yes: "sí", no: "no", product: "Producto", note: "Las respuestas proceden solo de los datos del producto. No escriba datos personales." },
    zh: { heading: "对此商品有疑问？", several: "对这些商品有疑问？", label: "您的问题", ask: "提问", you: "您的问题", we: "回答", basis: "依据", wait: "正在查找…", failed: "出错了，请再问一次。", later: "提问过多，请稍候。", unstated: "未说明", yes: "是", no: "否", product: "商品", note: "回答仅来自商品资料。请勿输入个人信息。" },
    ja: { heading: "この商品についてのご質問", several: "これらの商品についてのご質問", label: "ご質問", ask: "質問する", you: "ご質問", we: "回答", basis: "根拠", wait: "確認しています…", failed: "うまくいきませんでした。もう一度お試しください。", later: "質問が多すぎます。少しお待ちください。", unstated: "記載なし", yes: "はい", no: "いいえ", product: "商品", note: "回答は商品データのみに基づきます。個人情報は入力しないでください。" },
  };
  const SHEET = `
    :host { display: block; font: 1rem/1.5 system-ui, sans-serif; color: #1d2433; max-width: 44rem; }
    :host([hidden]) { display: none; }
    section { border: 1px solid #c9d0dc; border-radius: .75rem; background: #fff; overflow: hidden; }
    h2 { font-size: 1.05rem; margin: 0; padding: .75rem 1rem; background: #f2f4f8; border-bottom: 1px solid #dfe4ec; }
    .log { position: relative; padding: 0 1rem; max-height: 26rem; overflow-y: auto; }
    .log:empty { display: none; }
    .turn { padding: .75rem 0; }
    .turn + .turn { border-top: 1px solid #e8ecf2; }
    .asked { margin: 0 0 .35rem; font-weight: 600; overflow-wrap: anywhere; }
    .answer { margin: 0; overflow-wrap: anywhere; white-space: pre-line; }
    .plain { color: #4a5468; }
    .basis { margin: .4rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .35rem; font-size: .8125rem; color: #4a5468; }
    .basis span { background: #eaf2ec; color: #1f4d2e; border-radius: 1rem; padding: .1rem .6rem; overflow-wrap: anywhere; }
    .basis b { font-weight: 500; padding: .1rem 0; }
    .scroll { overflow-x: auto; margin-top: .5rem; }
    table { border-collapse: collapse; font-size: .875rem; min-width: 100%; }
    th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #e8ecf2; vertical-align: top; }
    td.none { color: #6a7385; }
    form { display: flex; gap: .5rem; padding: .75rem 1rem; border-top: 1px solid #dfe4ec; }
    label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    input { flex: 1; min-width: 0; font: inherit; color: inherit; background: #fff; padding: .5rem .75rem; border: 1px solid #7b8599; border-radius: .5rem; }
    button { font: inherit; font-weight: 600; color: #fff; background: #1f5f3a; border: 0; border-radius: .5rem; padding: .5rem 1.1rem; cursor: pointer; }
    button[aria-disabled="true"] { background: #5d6f64; cursor: progress; }
    input:focus-visible, button:focus-visible, .log:focus-visible { outline: 3px solid #2f6fed; outline-offset: 2px; }
    small { display: block; padding: 0 1rem .75rem; color: #5a6478; font-size: .75rem; }
    @media (prefers-color-scheme: dark) {
      :host { color: #e6eaf2; }
      section, input { background: #171c26; border-color: #3a4458; }
      h2 { background: #1f2633; border-color: #2c3547; }
      form, .turn + .turn, th, td { border-color: #2c3547; }
      .plain, .basis, td.none, small { color: #a9b3c6; }
      .basis span { background: #1e3a29; color: #bfe8cd; }
      button { background: #2c7a4c; }
    }`;
  const origin = document.currentScript ? new URL(document.currentScript.src, location.href).origin : location.origin;

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  // The events of a stream, one by one.
  async function* events(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      rest += value.replaceAll("\r", "");
      for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
        const lines = rest.slice(0, end).split("\n");
        rest = rest.slice(end + 2);
        const field = (name) => lines.filter((line) => line.startsWith(name + ":")).map((line) => line.slice(name.length + 1).trim()).join("\n");
        const data = field("data");
        if (data) yield { name: field("event"), data: JSON.parse(data) };
      }
    }
  }

  class SkuscribeAnswers extends HTMLElement {
    #session;
    #busy = false;
    #log;
    #input;
    #button;
    #texts;

    connectedCallback() {
      if (this.shadowRoot) return;
      const locale = this.getAttribute("locale") || document.documentElement.lang || "en";
      this.#texts = TEXTS[locale.split("-")[0]] || TEXTS.en;
      const root = this.attachShadow({ mode: "open" });
      root.append(element("style", SHEET));
      const section = element("section");
      const heading = element("h2", this.getAttribute("heading") || (this.hasAttribute("sku") ? this.#texts.heading : this.#texts.several));
      heading.id = "heading";
      section.setAttribute("aria-labelledby", "heading");
      section.lang = locale;
      this.#log = element("div", "", "log");
      this.#log.setAttribute("role", "log");
      this.#log.setAttribute("aria-live", "polite");
      this.#log.setAttribute("aria-labelledby", "heading");
      this.#log.tabIndex = 0;
      const form = element("form");
      const label = element("label", this.#texts.label);
      label.htmlFor = "question";
      this.#input = element("input");
      Object.assign(this.#input, { id: "question", type: "text", maxLength: 500, required: true, autocomplete: "off", enterKeyHint: "send", placeholder: this.#texts.label });
      this.#button = element("button", this.#texts.ask);
      this.#button.type = "submit";
      form.append(label, this.#input, this.#button);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.ask(this.#input.value);
      });
      section.append(heading, this.#log, form, element("small", this.#texts.note));
      root.append(section);
    }

    /** Asks a question, as if the shopper had typed it. */
    async ask(question) {
      const text = question.trim();
      if (!text || this.#busy) return;
      this.#busy = true;
      this.#button.setAttribute("aria-disabled", "true");
      this.#input.value = "";
      const turn = element("div", "", "turn");
      turn.append(element("p", text, "asked"));
      const answer = element("p", this.#texts.wait, "answer plain");
      turn.append(answer);
      this.#log.append(turn);
      try {
        await this.#stream(text, turn, answer);
      } catch {
        answer.textContent = this.#texts.failed;
      } finally {
        this.#busy = false;
        this.#button.removeAttribute("aria-disabled");
        this.#scroll(turn);
        this.#input.focus();
      }
    }

    async #stream(question, turn, answer) {
      const about = this.hasAttribute("sku")
        ? { sku: this.getAttribute("sku") }
        : this.hasAttribute("skus")
          ? { skus: this.getAttribute("skus").split(",").map((sku) => sku.trim()) }
          : { category: this.getAttribute("category") };
      const response = await fetch((this.getAttribute("endpoint") || origin) + "/v1/answers", {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        credentials: "omit",
        body: JSON.stringify({ question, ...about, locale: this.getAttribute("locale") || undefined, session: this.#session }),
      });
      if (!response.ok) {
        answer.textContent = response.status === 429 ? this.#texts.later : this.#texts.failed;
        return;
      }
      let shown = "";
      for await (const { name, data } of events(response)) {
        if (name === "sentence") {
          shown += (shown ? " " : "") + data.text;
          answer.textContent = shown;
        } else if (name === "answer") {
          this.#session = data.session;
          this.#show(data, turn, answer);
        } else if (name === "error") {
          answer.textContent = this.#texts.failed;
        }
        this.#scroll(turn);
      }
    }

    // The newest question stays in sight, with as much of its answer as there is room for.
    #scroll(turn) {
      const top = turn.offsetTop;
      this.#log.scrollTop = Math.min(top, this.#log.scrollHeight);
    }

    #show(data, turn, answer) {
      answer.textContent = data.text;
      answer.className = data.outcome === "answered" ? "answer" : "answer plain";
      if (data.table) {
        turn.append(this.#table(data.table));
      } else if (data.attributes?.length) {
        const basis = element("p", "", "basis");
        basis.append(element("b", this.#texts.basis));
        for (const attribute of data.attributes) basis.append(element("span", attribute.name.replaceAll("_", " ")));
        turn.append(basis);
      }
      this.dispatchEvent(new CustomEvent("skuscribe-answer", { detail: data, bubbles: true, composed: true }));
    }

    #table({ columns, rows }) {
      const scroll = element("div", "", "scroll");
      scroll.tabIndex = 0;
      scroll.setAttribute("role", "group");
      scroll.setAttribute("aria-labelledby", "heading");
      const table = element("table");
      const head = element("tr");
      for (const name of [this.#texts.product, ...columns.map((column) => column.replaceAll("_", " "))]) {
        const cell = element("th", name);
        cell.scope = "col";
        head.append(cell);
      }
      const thead = element("thead");
      thead.append(head);
      const body = element("tbody");
      for (const row of rows) {
        const line = element("tr");
        const mark = row.verdict === true ? "✓ " : row.verdict === false ? "✗ " : "";
        const title = element("th", mark + row.title);
        title.scope = "row";
        if (mark) title.setAttribute("aria-label", `${row.title}: ${row.verdict ? this.#texts.yes : this.#texts.no}`);
        line.append(title);
        for (const value of row.values) line.append(value === null ? element("td", this.#texts.unstated, "none") : element("td", value));
        body.append(line);
      }
      table.append(thead, body);
      scroll.append(table);
      return scroll;
    }
  }

  if (!customElements.get("skuscribe-answers")) customElements.define("skuscribe-answers", SkuscribeAnswers);
})();
