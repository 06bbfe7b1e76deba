"use strict";
(() => {
  const STEP = 100, PRINTED = 2000;

  const element = (name, properties = {}, children = []) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  // A table whose rows are data: columns with `values` hold indices into them, the others text.
  class Table {
    constructor(section) {
      const data = JSON.parse(document.getElementById(`${section.id}-data`).textContent);
      this.columns = data.columns;
      this.rows = data.rows;
      this.more = data.more;
      this.noun = data.noun;
      this.section = section;
      this.table = section.querySelector("table");
      this.body = this.table.tBodies[0];
      this.count = section.querySelector(".count");
      this.words = [];
      this.chosen = new Map();
      this.sort = { column: -1, down: false };
      this.texts = null;
      this.controls();
      this.marks = [...this.table.tHead.rows[0].cells];
      this.heads();
      this.table.classList.add("drawn");
      this.end = element("div");
      section.append(this.end);
      new IntersectionObserver((seen) => seen[0].isIntersecting && this.draw(STEP), { rootMargin: "600px" }).observe(this.end);
      this.update();
    }

    text(row, column) {
      const value = row[column], values = this.columns[column].values;
      return String(values ? values[value] : value);
    }

    controls() {
      const form = this.section.querySelector(".controls");
      this.search = form.querySelector("input");
      this.search.addEventListener("input", () => {
        this.words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
        this.update();
      });
      this.selects = new Map();
      this.columns.forEach((column, index) => column.filter && this.select(form, column, index));
      const reset = element("button", { type: "reset", textContent: "Reset" });
      form.append(reset);
      form.addEventListener("submit", (event) => event.preventDefault());
      form.addEventListener("reset", () => { this.words = []; this.chosen.clear(); this.update(); });
      form.hidden = false;
    }

    select(form, column, index) {
      const select = element("select", {}, [element("option", { value: "", textContent: "All" })]);
      column.values.forEach((value, number) => select.append(element("option", { value: number, textContent: value })));
      select.addEventListener("change", () => this.choose(index, select.value));
      this.selects.set(index, select);
      form.append(element("label", {}, [column.label, select]));
    }

    choose(column, value) {
      if (value === "") this.chosen.delete(column); else this.chosen.set(column, Number(value));
      if (this.selects.has(column)) this.selects.get(column).value = value;
      this.update();
    }

    heads() {
      this.marks.forEach((head, column) => {
        const button = element("button", { type: "button", textContent: head.textContent });
        button.addEventListener("click", () => {
          this.sort = { column, down: this.sort.column === column && !this.sort.down };
          this.update();
        });
        head.replaceChildren(button);
        head.ariaSort = "none";
      });
    }

    matching() {
      if (this.words.length && !this.texts) {
        this.texts = this.rows.map((row) => row.map((_, column) => this.text(row, column)).join("\n").toLowerCase());
      }
      const chosen = [...this.chosen], found = [];
      for (let index = 0; index < this.rows.length; index++) {
        const row = this.rows[index];
        if (chosen.every(([column, value]) => row[column] === value)
          && this.words.every((word) => this.texts[index].includes(word))) found.push(index);
      }
      return found;
    }

    sorted(found) {
      const { column, down } = this.sort;
      if (column < 0) return found;
      const plain = this.columns[column].values || this.columns[column].number;
      const keys = new Map(found.map((index) => {
        const value = this.rows[index][column];
        return [index, plain ? value : value.toLowerCase()];
      }));
      const sign = down ? -1 : 1;
      return found.sort((a, b) => {
        const left = keys.get(a), right = keys.get(b);
        return left < right ? -sign : left > right ? sign : a - b;
      });
    }

    update() {
      this.found = this.sorted(this.matching());
      this.drawn = 0;
      this.body.replaceChildren();
      this.marks.forEach((head, column) => {
        head.ariaSort = column !== this.sort.column ? "none" : this.sort.down ? "descending" : "ascending";
      });
      const [one, many] = this.noun, all = this.rows.length;
      const only = [...this.chosen].filter(([index]) => !this.selects.has(index)).map(([index, value]) =>
        ` (${this.columns[index].label}: ${this.columns[index].values[value]})`);
      this.count.textContent = `${this.found.length} of ${all} ${all === 1 ? one : many}${only.join("")}`;
      this.draw(STEP);
    }

    draw(step) {
      const until = Math.min(this.found.length, this.drawn + step), rows = [];
      for (; this.drawn < until; this.drawn++) rows.push(this.row(this.rows[this.found[this.drawn]]));
      this.body.append(...rows);
      this.end.hidden = this.drawn >= this.found.length;
    }

    // Browsers repeat a head on every page only if it has no buttons.
    print() {
      this.draw(PRINTED - this.drawn);
      for (const head of this.marks) head.replaceChildren(head.textContent);
      if (this.drawn < this.found.length) this.count.textContent += `; the first ${this.drawn} are printed`;
    }

    row(row) {
      const made = element("tr");
      this.columns.forEach((column, index) => {
        if (column.hidden) return;
        const cell = element("td", { className: column.number ? "number" : column.badge ? "narrow" : "" });
        cell.dataset.label = column.label;
        const text = this.text(row, index);
        if (column.badge) cell.append(element("span", { className: `badge ${text}`, textContent: text }));
        else if (column.opens) cell.append(this.opener(made, row, text));
        else cell.textContent = text;
        made.append(cell);
      });
      return made;
    }

    opener(made, row, text) {
      const button = element("button", { type: "button", textContent: text, ariaExpanded: "false" });
      button.addEventListener("click", () => {
        const open = button.ariaExpanded === "true";
        if (open) made.nextSibling.remove(); else made.after(this.details(row));
        button.ariaExpanded = String(!open);
      });
      return button;
    }

    details(row) {
      const facts = element("dl", { className: "facts" });
      this.columns.forEach((column, index) => {
        const text = this.text(row, index);
        if (!column.hidden || !text) return;
        facts.append(element("dt", { textContent: column.label }), element("dd", { textContent: text }));
      });
      if (this.more) this.related(row, facts);
      const cell = element("td", { colSpan: this.marks.length }, [facts]);
      return element("tr", { className: "more" }, [cell]);
    }

    // What another table has about the same value: the findings of a repo.
    related(row, facts) {
      const other = tables.get(this.more.table), value = row[this.more.column];
      const found = other.rows.filter((each) => each[this.more.of] === value).slice(0, STEP);
      for (const each of found) {
        const [label, text] = this.more.show.map((column) => other.text(each, column));
        facts.append(element("dt", { textContent: label }), element("dd", { textContent: text }));
      }
      const link = element("a", { href: `#${this.more.table}`, textContent: "Show in the list of findings" });
      link.addEventListener("click", () => other.choose(this.more.of, String(value)));
      facts.append(element("dt"), element("dd", {}, [link]));
    }
  }

  const tables = new Map();
  for (const section of document.querySelectorAll("[data-table]")) tables.set(section.id, new Table(section));
  for (const link of document.querySelectorAll("a[data-column]")) {
    link.addEventListener("click", () => {
      const table = tables.get(link.hash.slice(1));
      table.choose(Number(link.dataset.column), link.dataset.value);
    });
  }
  const closed = [];
  addEventListener("beforeprint", () => {
    for (const table of tables.values()) table.print();
    for (const each of document.querySelectorAll("details:not([open])")) { closed.push(each); each.open = true; }
  });
  addEventListener("afterprint", () => {
    for (const table of tables.values()) { table.heads(); table.update(); }
    for (const each of closed.splice(0)) each.open = false;
  });
})();
