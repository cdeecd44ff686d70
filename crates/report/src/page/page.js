// What the page does by itself: terms are explained where they stand, the chooser answers, families of the grid can
// be opened, the table can be sorted, filtered and copied, any two models can be compared, and on paper everything is
// open.
"use strict";

const by = (id) => document.getElementById(id);
const table = by("figures");

if (table) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const title = (heading) => heading.textContent.trim();
  const visible = () => [...body.rows].filter((row) => !row.hidden);

  // A cell's number, or its text where it has none; what was not counted comes last either way.
  const key = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
    const text = cell.textContent.trim();
    return text === "-" || text === "" ? null : text;
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), undefined, { numeric: true });
  };

  const sort = (column) => {
    const heading = headings[column];
    const order = heading.ariaSort === "ascending" ? "descending" : "ascending";
    headings.forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...body.rows].map((row) => ({ row, key: key(row, column) }));
    rows.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return sign * compare(a.key, b.key);
    });
    body.append(...rows.map(({ row }) => row));
  };
  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => sort(column));
  });

  const namesOf = (row) => [...row.cells].filter((cell) => cell.dataset.value === undefined)
    .map((cell) => cell.textContent).join(" ");
  const filter = () => {
    const question = by("question").value;
    const words = by("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of body.rows) {
      // Among names: a number would be found in some figure of any row.
      const text = namesOf(row).toLowerCase();
      const asked = question === "" || row.cells[0].textContent === question;
      row.hidden = !(asked && words.every((word) => text.includes(word)));
    }
    by("shown").textContent = `${visible().length} of ${body.rows.length} rows`;
  };
  by("question").addEventListener("change", filter);
  by("words").addEventListener("input", filter);
  by("question").form.addEventListener("submit", (event) => event.preventDefault());
  filter();

  // What is visible, in its order, with the ends of intervals in columns of their own.
  const cells = () => {
    const hasEnds = (column) => [...body.rows].some((row) => row.cells[column].dataset.low !== undefined);
    const ends = headings.map((_, column) => hasEnds(column));
    const spread = (column, value, low, high) => (ends[column] ? [value, low, high] : [value]);
    const names = headings.flatMap((heading, column) =>
      spread(column, title(heading), `${title(heading)} low`, `${title(heading)} high`));
    const rows = visible().map((row) => [...row.cells].flatMap((cell, column) => {
      const { value, low, high } = cell.dataset;
      const text = cell.textContent.trim();
      return spread(column, value ?? (text === "-" ? "" : text), low ?? "", high ?? "");
    }));
    return [names, ...rows];
  };
  // A spreadsheet runs what begins like a formula, unless a ' says that it is text.
  const field = (text) => {
    const disarmed = text.replace(/^[=+@-]/, "'$&");
    return /[",\r\n]/.test(disarmed) ? `"${disarmed.replaceAll('"', '""')}"` : disarmed;
  };
  const csv = () => cells().map((row) => row.map(field).join(",")).join("\r\n");
  const markdown = () => {
    const line = (row) => `| ${row.map((text) => text.replaceAll("|", "\\|").replace(/\s+/g, " ")).join(" | ")} |`;
    const [names, ...rows] = cells();
    return [line(names), line(names.map(() => "---")), ...rows.map(line)].join("\n");
  };

  const copy = async (text) => {
    const said = by("shown");
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = `copied ${visible().length} rows`;
    } catch (error) {
      said.textContent = `the browser does not let this page copy: ${error.message}`;
    }
  };
  by("copy-csv").addEventListener("click", () => copy(csv()));
  by("copy-markdown").addEventListener("click", () => copy(markdown()));
}

const data = by("pairs-data");

if (data) {
  const scenarios = JSON.parse(data.textContent);
  const [which, first, second] = ["pair-scenario", "pair-a", "pair-b"].map(by);
  const scenario = () => scenarios[which.selectedIndex];

  const choose = (select, models, otherwise) => {
    const wanted = select.value;
    select.replaceChildren(...models.map((name) => new Option(name)));
    select.selectedIndex = Math.max(models.indexOf(wanted), wanted === "" ? otherwise : 0);
  };
  // As many digits as tell a ratio from 1, and three at least.
  const digits = (ratio) => (ratio >= 0.1 && ratio < 10 ? ratio.toFixed(3) : ratio.toPrecision(3));
  // Of the first model. The intervals hold for all pairs of the scenario together.
  const turned = [2, 1, 0, 3];
  const said = ["better", "as good as each other", "worse", "not known which is better"];
  const sentence = (what, { unranked, pairs }, a, b) => {
    const pair = pairs.find(([x, y]) => x === Math.min(a, b) && y === Math.max(a, b));
    if (!pair) return "";
    let [, , ratio, low, high, known] = pair;
    if (a > b) [ratio, low, high, known] = [1 / ratio, high && 1 / high, low && 1 / low, turned[known]];
    const interval = low ? `${digits(low)} .. ${digits(high)}` : "too few rounds for an interval";
    const verdict = unranked ?? said[known];
    return `${what}: ${digits(ratio)} times (${interval}), ${verdict}. `;
  };
  const say = () => {
    const { time, cpu } = scenario();
    const [a, b] = [first.selectedIndex, second.selectedIndex];
    const names = `${first.value} against ${second.value}`;
    by("pair-said").textContent = a === b
      ? "Choose two different models."
      : `${names}: ${sentence("time", time, a, b)}${sentence("processor time", cpu, a, b)}`;
  };
  const fill = () => {
    const { models } = scenario();
    choose(first, models, 0);
    choose(second, models, 1);
    say();
  };
  which.addEventListener("change", fill);
  [first, second].forEach((select) => select.addEventListener("change", say));
  which.form.addEventListener("submit", (event) => event.preventDefault());
  fill();
}

// The chooser looks up what was reckoned for the scenario that is like the case, or for the nearest one. What was
// chosen is in the address, behind the #.
const choices = by("chooser-data");

if (choices) {
  const { cases, answers } = JSON.parse(choices.textContent);
  const form = by("chooser");
  const MARK = "#case?";

  const chosen = () => Object.fromEntries(new FormData(form));
  // How far a scenario is from the case: numbers by their ratio, and another connection, another kind of request or
  // another limit of the server is farther than any number.
  const apart = (a, b) => Math.abs(Math.log((Number(a) + 0.5) / (Number(b) + 0.5)));
  const distance = (it, wanted) => (it.connection === wanted.connection ? 0 : 100)
    + (it.exchange === wanted.exchange ? 0 : 200) + 2 * apart(it.work, wanted.work)
    + (it.allows === wanted.allows ? 0 : 400)
    + apart(it.requests, wanted.requests) + 2 * apart(it.delay, wanted.delay)
    + 2 * apart(it.in_flight, wanted.in_flight);
  const choose = () => {
    const wanted = chosen();
    const [nearest, far] = cases.map((it) => [it, distance(it, wanted)]).reduce((a, b) => (b[1] < a[1] ? b : a));
    const [advice, because] = answers[nearest.answers[`${wanted.program} ${wanted.host} ${wanted.measure}`]];
    const link = document.createElement("a");
    link.href = nearest.link;
    link.textContent = nearest.name;
    const take = document.createElement("strong");
    take.textContent = advice;
    const { requests, delay, connection, in_flight: limit, exchange, work, allows, server } = nearest;
    // Work is also named where the case has some and the nearest scenario has none.
    const works = work > 0 || wanted.work > 0;
    const each = `${exchange} each${works ? `, ${work} ms of work on an answer` : ""}`;
    const given = [`${requests} requests`, each, `${delay} ms`, `${limit} in flight`, connection];
    if (allows !== "as many as are sent") given.push(`the server allows ${allows}`);
    const like = ` (${given.join(", ")}, answered by ${server}).`;
    const said = by("chosen");
    const nearby = "This case was not measured. The nearest that was is ";
    if (far === 0) said.replaceChildren(take, ` ${because} It rests on `, link, like);
    else said.replaceChildren(nearby, link, like, " ", take, ` ${because}`);
  };
  const restore = () => {
    if (!location.hash.startsWith(MARK)) return;
    for (const [name, value] of new URLSearchParams(location.hash.slice(MARK.length))) {
      const select = form.elements.namedItem(name);
      if (select && [...select.options].some((option) => option.value === value)) select.value = value;
    }
  };
  form.addEventListener("change", () => {
    choose();
    history.replaceState(null, "", MARK + new URLSearchParams(chosen()));
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", () => { restore(); choose(); });
  form.hidden = false;
  restore();
  choose();
}

// The grid shows families first; a family opens its models. Without script, all are open.
document.querySelectorAll(".grid tr.family").forEach((family) => {
  const heading = family.querySelector("th");
  const members = [...family.parentElement.querySelectorAll(".member")];
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  heading.append(button);
  const open = (opened) => {
    button.setAttribute("aria-expanded", String(opened));
    members.forEach((member) => { member.hidden = !opened; });
  };
  button.addEventListener("click", () => open(button.getAttribute("aria-expanded") === "false"));
  open(false);
});

// A link to something that is folded unfolds it.
const unfold = () => {
  const target = location.hash.length > 1 && by(location.hash.slice(1));
  for (let it = target; it; it = it.parentElement) if (it.tagName === "DETAILS") it.open = true;
};
window.addEventListener("hashchange", unfold);
unfold();

// On a phone pictures are opened one by one.
if (matchMedia("(max-width: 30rem)").matches) {
  document.querySelectorAll("#pictures details").forEach((details) => { details.open = false; });
}

// On paper nothing can be opened; afterwards it is as it was.
let closed = [];
let folded = [];
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll(".grid .member[hidden]")];
  folded.forEach((member) => { member.hidden = false; });
  closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach((details) => { details.open = true; });
});
window.addEventListener("afterprint", () => {
  closed.forEach((details) => { details.open = false; });
  folded.forEach((member) => { member.hidden = true; });
});

// In each section, a term is explained where it is used first: a button opens its meaning.
const terms = by("terms");

if (terms) {
  const meanings = new Map();
  for (const entry of terms.children) {
    const names = [...entry.querySelectorAll("dt")].map((name) => name.textContent.toLowerCase());
    names.forEach((name) => meanings.set(name, entry));
  }
  const card = document.createElement("div");
  card.id = "meaning";
  card.popover = "auto";
  card.setAttribute("role", "note");
  document.body.append(card);
  const longestFirst = [...meanings.keys()].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((name) => name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  const anyTerm = new RegExp(`(?<![\\w-])(?:${escaped.join("|")})(?![\\w-])`, "i");
  const APART = "a, button, code, h2, h3, h4, output, pre, summary, svg, script, table, .controls, [role=img], "
    + "[aria-hidden], .rests, .key, #terms";

  const explained = (name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "term";
    button.textContent = name;
    button.popoverTargetElement = card;
    button.addEventListener("click", () => {
      const copies = [...meanings.get(name.toLowerCase()).children].map((it) => it.cloneNode(true));
      const list = document.createElement("dl");
      list.append(...copies);
      card.replaceChildren(list);
    });
    return button;
  };
  const explain = (section) => {
    const seen = new Set();
    const walker = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(APART)) texts.push(walker.currentNode);
    for (let text of texts) {
      let from = 0;
      for (;;) {
        const found = anyTerm.exec(text.data.slice(from));
        if (!found) break;
        const [name, at] = [found[0], from + found.index];
        const entry = meanings.get(name.toLowerCase());
        if (seen.has(entry)) { from = at + name.length; continue; }
        seen.add(entry);
        const rest = text.splitText(at);
        text = rest.splitText(name.length);
        rest.replaceWith(explained(name));
        from = 0;
      }
    }
  };
  document.querySelectorAll("main > section:not(#words)").forEach(explain);
}
