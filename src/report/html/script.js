// Sorting, filtering and the choice between light and dark. The page says all it has to say without it.
"use strict";
(() => {
  const root = document.documentElement;

  // Light, dark, or as the system has it.
  const button = document.getElementById("theme");
  const themes = ["automatic", "light", "dark"];
  let theme = 0;
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = (theme + 1) % themes.length;
    if (theme === 0) delete root.dataset.theme;
    else root.dataset.theme = themes[theme];
    button.textContent = "Theme: " + themes[theme];
  });

  // On paper everything is open.
  const opened = [];
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open])")) {
      details.open = true;
      opened.push(details);
    }
  });
  addEventListener("afterprint", () => {
    for (const details of opened.splice(0)) details.open = false;
  });

  // By what a cell is sorted: its key, or its text; numbers as numbers.
  const key = (cell) => {
    const text = cell.dataset.sort ?? cell.textContent.trim();
    const number = Number(text.replaceAll(",", "").replace(/[×%]$/, ""));
    return text === "" || text === "–" ? null : Number.isNaN(number) ? text : number;
  };
  const collator = new Intl.Collator("en", { numeric: true });
  // Numbers before words, and nothing last.
  const order = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return collator.compare(a, b);
  };

  const sortable = (table) => {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const original = [...body.rows];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        // Ascending, descending, as it was.
        const was = head.getAttribute("aria-sort");
        const now = was === "ascending" ? "descending" : was === "descending" ? null : "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        let rows = original;
        if (now) {
          head.setAttribute("aria-sort", now);
          const sign = now === "ascending" ? 1 : -1;
          const keyed = original.map((row) => [key(row.cells[column]), row]);
          keyed.sort(([a], [b]) => (a === null || b === null ? 1 : sign) * order(a, b));
          rows = keyed.map((pair) => pair[1]);
        }
        // Out of the page while rows move: within it each move would cost a look at all others.
        body.remove();
        for (const row of rows) body.append(row);
        table.append(body);
      });
    });
  };
  document.querySelectorAll("table.sortable").forEach(sortable);

  // A form filters the table that it names: rows stay whose marks are those chosen and whose text has
  // the words.
  for (const form of document.querySelectorAll("form.filters")) {
    const rows = [...document.getElementById(form.dataset.table).tBodies[0].rows];
    const texts = new Map();
    const text = (row) => {
      if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
      return texts.get(row);
    };
    const apply = () => {
      const wanted = [...form.querySelectorAll("select")].filter((select) => select.value);
      const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const stays =
          wanted.every((select) => row.dataset[select.name] === select.value) &&
          words.every((word) => text(row).includes(word));
        row.hidden = !stays;
        shown += stays;
      }
      form.querySelector("output").textContent =
        shown.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " rows";
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("change", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    apply();
    // A link to a code's findings shows those.
    for (const link of document.querySelectorAll(`a[data-filter="${form.dataset.table}"]`)) {
      link.hidden = false;
      link.addEventListener("click", () => {
        form.reset();
        form.elements.code.value = link.dataset.code;
        apply();
      });
    }
  }
})();
