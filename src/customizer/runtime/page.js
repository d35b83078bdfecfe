// The page of a customizer: what a buyer does, and what is shown for it. Touches only what changes.
//
// All that it says comes from the form's data-words, a sentence or part of one for each key; what stands in
// braces is filled in. A key that is missing is not said.
//
//   choices      {option} {choice}         a choice in a list: "{option}: {choice}"
//   left         {choice}                  a choice that had to go, in a list: "without {choice}"
//   note         {title} {note}            an <option> with what it changes: "{title} ({note})"
//   with         {list}                    why not: choices in the way
//   most         {count}                   why not: so many are chosen already
//   never                                  why not: impossible with anything
//   expensive    {cap}                     why not: it would cost more
//   longest {count}, lines {count}, characters {characters}     what is wrong with a text
//   image-type {types}, image-size {size}                       what is wrong with a file
//   total        {total}                   of a design that is complete
//   total-each   {total} {price} {count}   of several
//   total-from   {price}                   the least that one costs
//   remaining {count}, remaining-one, remaining-many {exponent} how many designs are left
//   missing      {list}                    what is to be chosen
//   missing-more {option} {count}          in that list: so many more of an option
//   changed      {choice} {list}           what else changed, for a choice
//   dropped      {choice} {list}           what else changed, as a choice was taken back
//   undone, reset, shuffled                what the buttons did
//   cap-lifted   {cap}                     the choice costs more than the limit
//   cap-passed   {cap} {total}             the limit is less than what is shown
//   link-copied, link {link}               the link was copied; or could not be
//   link-gone {list}, link-unfit {list}    of a link's choices: there no more; no more together
//   download-failed, order-sent, order-failed, order-unavailable
//   move         {option}                  name of a picture that arrow keys move

/** Wakes all customizers of the document. */
function startCustomizers() {
  for (const form of document.querySelectorAll("form[data-customizer]")) {
    const payload = readJson(form, "data-payload");
    if (payload) customize(form, payload);
  }
}

function readJson(form, attribute) {
  try {
    return JSON.parse(form.querySelector(`script[${attribute}]`).textContent);
  } catch {
    return null;
  }
}

/**
 * A `page` is all that is known of a form: `options` and `entries` with their controls; `state`, which the buyer
 * makes; and `view`, which follows from it.
 */
function customize(form, payload) {
  const page = {
    form,
    payload,
    words: readJson(form, "data-words") ?? {},
    diagram: decodeDiagram(payload.diagram),
    rules: rulesByVariable(payload),
    ...formatsOf(payload),
    past: [],
    /** Choices by what stands for them in `data-when`: `fabric=twill`; texts and images by their option. */
    entries: new Map(),
    /** The same by their controls. */
    controls: new Map(),
  };
  page.options = payload.options.map((option) => optionOf(page, option));
  page.palettes = palettesOf(page);
  page.presets = presetsOf(page);
  page.state = emptyState(page);
  for (const part of ["action", "filter", "cap", "palette"]) {
    for (const node of partsOf(page, part)) node.closest("[hidden]")?.removeAttribute("hidden");
  }
  listen(page);
  startPreview(page);
  startCart(page);
  readLink(page);
  // Some browsers put back what the controls were, after all scripts.
  addEventListener("pageshow", () => render(page));
  addEventListener("hashchange", () => readLink(page));
}

/** A rule says nothing of variables that it does not name. */
function rulesByVariable({ constraints, prices }) {
  const byVariable = prices.map(() => []);
  const namesOf = ([kind, ...parts]) =>
    kind === "in" ? [parts[0]]
    : kind === "table" ? parts[0]
    : kind === "sum" ? parts[0].map(([variable]) => variable)
    : parts.flatMap(namesOf);
  for (const constraint of constraints) {
    for (const variable of new Set(namesOf(constraint.rule))) byVariable[variable].push(constraint);
  }
  return byVariable;
}

function formatsOf({ locale, currency, digits }) {
  const scale = 10 ** digits;
  const format = (kind, style) => {
    const made = new Intl[kind](locale, style);
    return (value) => made.format(value);
  };
  const style = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  const money = format("NumberFormat", style);
  const difference = format("NumberFormat", { ...style, signDisplay: "exceptZero" });
  return {
    scale,
    money: (minor) => money(minor / scale),
    difference: (minor) => difference(minor / scale),
    number: format("NumberFormat"),
    list: format("ListFormat"),
  };
}

// What the form has.

/** An option with its fieldset and an entry for each choice; one for a text or an image. */
function optionOf(page, option) {
  const field = partsOf(page, "option").find(({ dataset }) => dataset.option === option.id);
  const part = (within, selector) => within?.querySelector(selector);
  const inputs = [...(field?.querySelectorAll("input, textarea, option") ?? [])];
  // An <option> has no type.
  const types = option.text ? /^text/ : option.image ? /file/ : /radio|checkbox|undefined/;
  const own = { option, field, select: part(field, "select"), chosen: part(field, "[data-chosen]") };
  own.entries = (option.choices ?? [null]).map((choice, at) => {
    const [variable, value] = placeOf(option, choice ? at : 1);
    const key = choice ? `${option.id}=${choice.id}` : option.id;
    const input = inputs.find((input) => types.test(input.type) && (!choice || input.value === choice.id));
    const label = input?.closest("[data-choice]");
    const around = choice ? label : field;
    const [reason, difference] = [part(around, "[data-reason]"), part(around, "[data-difference]")];
    const entry = { own, option, choice, variable, value, input, label, reason, difference };
    page.entries.set(key, entry);
    if (input) page.controls.set(input, entry);
    if (input && reason) {
      // An empty reason describes nothing.
      reason.id ||= `why-${page.payload.product}-${key}`;
      input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${reason.id}`.trim());
    }
    return entry;
  });
  return own;
}

/** Buttons that choose for the one of some options that is active. */
function palettesOf(page) {
  return partsOf(page, "palette").map((element) => {
    const ids = element.dataset.palette.split(" ");
    return { ids, active: ids[0], chosen: element.querySelector("[data-chosen]"), buttons: [...element.querySelectorAll("button[value]")] };
  });
}

/** The value that is shown for each variable, while there is no pick. */
function presetsOf({ payload }) {
  const presets = payload.prices.map(() => null);
  for (const option of payload.options) {
    const at = option.choices?.findIndex(({ id }) => id === option.default) ?? 0;
    if (at >= 0) presets[option.variable] = at;
  }
  return presets;
}

function emptyState({ payload }) {
  return { picks: payload.prices.map(() => null), texts: {}, images: {}, quantity: payload.quantity?.least ?? 1, cap: null };
}

// What follows from the state.

/**
 * `shown` and `design` have a value for each variable, or null where nothing is shown; `design` takes what
 * several could be chosen of, and is not, for left out.
 */
function look(page) {
  const { diagram, presets, payload, state } = page;
  const { prices, options } = payload;
  const answer = sweep(diagram, prices, state.picks);
  const { values, cost } = nearest(diagram, prices, state.picks, presets) ?? { values: [], cost: Infinity };
  const shown = state.picks.map((pick, variable) => pick ?? (presets[variable] === null ? null : values[variable] ?? null));
  const design = [...shown];
  for (const option of options.filter(takesSeveral)) {
    option.choices.forEach((_, at) => (design[option.variable + at] ??= 0));
  }
  const extra = payload.base + textsPrice(options, state.texts);
  const view = { answer, shown, design, extra };
  view.missing = missingOf(page, view);
  view.price = extra + (view.missing.length ? cost : priceOf(prices, design));
  return view;
}

/** What is to be chosen before a design can be bought: the words, and the option. */
function missingOf(page, view) {
  const { texts, images } = page.state;
  const missing = page.options.flatMap((own) => {
    const { option } = own;
    const { id, title, text, least } = option;
    const taken = countShown(own, view);
    const isGiven = images[id] || (texts[id] && !textProblem(text, texts[id]));
    const lacking = takesSeveral(option) ? least - taken : option.choices ? 1 - taken : taken && !isGiven;
    const more = () => say(page, "missing-more", { option: title, count: page.number(lacking) });
    return lacking > 0 ? [{ option, title: takesSeveral(option) ? more() : title }] : [];
  });
  if (missing.length || allows(page.diagram, view.design)) return missing;
  const broken = page.payload.constraints.filter(({ rule }) => !holds(rule, view.design));
  return broken.length ? broken : [page.payload];
}

/** Whether a choice is shown; a text or an image, whether it is given. */
function isShown({ variable, value }, { shown }) {
  return shown[variable] === value;
}

/** How many of an option's choices are shown. */
function countShown({ entries }, view) {
  return entries.filter((entry) => isShown(entry, view)).length;
}

/** The least that a design with an entry costs. */
function costWith({ view }, { variable, value }) {
  return view.extra + view.answer.costs[variable][value];
}

function isPossible(page, entry) {
  const cost = costWith(page, entry);
  return cost < Infinity && cost <= (page.state.cap ?? cost);
}

/** What is wrong with an option's text, in words; nothing if nothing is. */
function problemOf(page, { text, id }) {
  const problem = text && textProblem(text, page.state.texts[id] ?? "");
  const count = problem === "lines" ? text.lines ?? 1 : text?.longest;
  return problem ? say(page, problem, { characters: text.characters, count: page.number(count) }) : "";
}

/** Why an entry is not possible, in words. */
function reasonOf(page, entry) {
  const { picks, cap } = page.state;
  const { own, option, variable, value } = entry;
  if (costWith(page, entry) < Infinity) return say(page, "expensive", { cap: page.money(cap) });
  if (takesSeveral(option) && countShown(own, page.view) >= option.most) {
    return say(page, "most", { count: page.number(option.most) });
  }
  const tried = [...picks];
  tried[variable] = value;
  const rule = page.rules[variable].find((constraint) => holds(constraint.rule, tried) === false);
  if (rule) return rule.title;
  const repaired = repair(page, entry);
  if (!repaired) return say(page, "never");
  const isInTheWay = (other) =>
    other.variable !== variable && picks[other.variable] === other.value && repaired[other.variable] !== other.value;
  const inTheWay = [...page.entries.values()].filter(isInTheWay);
  return say(page, "with", { list: page.list(inTheWay.map((other) => nameOf(page, other))) });
}

/** All values of the nearest design in which an entry is chosen. */
function repair(page, { variable, value }) {
  const { diagram, payload, state } = page;
  const fixed = [];
  fixed[variable] = value;
  return nearest(diagram, payload.prices, fixed, state.picks)?.values;
}

/** What an entry would change the price by, in words; nothing if it would not. */
function differenceOf(page, entry) {
  const { answer, shown } = page.view;
  const { own, option, variable, value } = entry;
  // Of several, what is not chosen is left out only once there are enough.
  const now = takesSeveral(option) ? (countShown(own, page.view) >= option.least ? 0 : null) : shown[variable];
  const before = now === null ? answer.cost : answer.costs[variable][now];
  const difference = answer.costs[variable][value] - before;
  const isTold = difference && Number.isFinite(difference) && !isShown(entry, page.view);
  return isTold ? page.difference(difference) : "";
}

// What is said.

/** A sentence of the page's words. What is filled in is never taken for words itself. */
function say({ words }, key, values = {}) {
  return (words[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

function nameOf(page, { option, choice }) {
  return choice ? say(page, "choices", { option: option.title, choice: choice.title }) : option.title;
}

/** Announces a message; also the same one again. */
function tell(page, message) {
  for (const node of partsOf(page, "status")) node.textContent = message;
}

// What the page shows. The DOM is what costs time, so it is read before it is written.

function setProperty(node, name, value) {
  if (node && node[name] !== value) node[name] = value;
}

function partsOf({ form }, part) {
  return [...form.querySelectorAll(`[data-${part}]`)];
}

function setParts(page, part, name, value) {
  for (const node of partsOf(page, part)) setProperty(node, name, value);
}

function render(page) {
  page.view = look(page);
  for (const own of page.options) {
    for (const entry of own.entries) renderEntry(page, entry);
    const shown = own.entries.filter((entry) => isShown(entry, page.view));
    const titles = shown.map(({ choice, option }) => choice?.title ?? page.state.texts[option.id] ?? page.state.images[option.id]?.name ?? "");
    setProperty(own.chosen, "textContent", page.list(titles.filter(Boolean)));
    // Nothing is selected if nothing is shown: an empty value, or none.
    if (own.select) setProperty(own.select, "value", shown[0]?.choice?.id ?? "");
  }
  for (const palette of page.palettes) renderPalette(page, palette);
  renderSums(page);
  renderPreview(page);
  renderCart(page);
}

function renderEntry(page, entry) {
  const { input, label, reason, difference } = entry;
  entry.isPossible = isPossible(page, entry);
  const why = entry.isPossible ? "" : reasonOf(page, entry);
  const change = differenceOf(page, entry);
  const problem = problemOf(page, entry.option);
  entry.note = why || change;
  setProperty(difference, "textContent", change);
  setProperty(reason, "textContent", problem || why);
  setProperty(reason, "hidden", !(problem || why));
  if (!input) return;
  mark(input, entry, label);
  renderControl(page, entry, problem);
}

/** Says of a control whether what it chooses is possible. It can be chosen all the same. */
function mark(control, entry, label) {
  setProperty(control, "ariaDisabled", entry?.isPossible ? null : "true");
  (label ?? control).classList.toggle("is-impossible", !entry?.isPossible);
}

function renderControl(page, entry, problem) {
  const { input, option, choice, note } = entry;
  const { texts, images } = page.state;
  if (option.text) {
    setProperty(input, "value", texts[option.id] ?? "");
    setProperty(input, "ariaInvalid", problem ? "true" : null);
    input.setCustomValidity?.(problem);
  } else if (option.image) {
    // A chosen file can only be taken away.
    if (!images[option.id]) setProperty(input, "value", "");
  } else if (entry.own.select) {
    setProperty(input, "textContent", note ? say(page, "note", { title: choice.title, note }) : choice.title);
  } else setProperty(input, "checked", isShown(entry, page.view));
}

function renderPalette(page, { active, ids, chosen, buttons }) {
  for (const button of buttons) {
    const entry = page.entries.get(`${active}=${button.value}`);
    setProperty(button, "ariaPressed", String(Boolean(entry && isShown(entry, page.view))));
    setProperty(button, "ariaDescription", entry?.note || null);
    setProperty(button, "title", [entry?.choice.title, entry?.note].filter(Boolean).join(": "));
    mark(button, entry);
  }
  const own = page.options.find(({ option }) => option.id === active);
  setProperty(chosen, "textContent", own?.entries.find((entry) => isShown(entry, page.view))?.choice.title ?? "");
  for (const radio of partsOf(page, "active")) {
    if (ids.includes(radio.value)) setProperty(radio, "checked", radio.value === active);
  }
}

function renderSums(page) {
  const { payload, state, view, past } = page;
  const isComplete = !view.missing.length;
  setParts(page, "total", "textContent", totalOf(page));
  setParts(page, "remaining", "textContent", remainingOf(page));
  setParts(page, "missing", "textContent", missingText(page));
  setParts(page, "missing", "hidden", isComplete);
  setParts(page, "buy", "ariaDisabled", isComplete ? null : "true");
  setParts(page, "quantity", "value", String(state.quantity));
  setParts(page, "cap", "value", state.cap === null ? "" : String(state.cap / page.scale));
  setParts(page, "action=undo", "ariaDisabled", past.length ? null : "true");
  const advice = (payload.advice ?? []).filter(({ rule }) => holds(rule, view.shown) === false);
  for (const list of partsOf(page, "advice")) renderAdvice(list, advice.map(({ title }) => title));
}

function renderAdvice(list, titles) {
  const lines = titles.map((title) => Object.assign(document.createElement("li"), { textContent: title }));
  if ([...list.children].map(({ textContent }) => textContent).join() !== titles.join()) list.replaceChildren(...lines);
  setProperty(list, "hidden", !titles.length);
}

function totalOf(page) {
  const { price, missing } = page.view;
  const { quantity } = page.state;
  if (price === Infinity) return "";
  const values = { price: page.money(price), total: page.money(price * quantity), count: page.number(quantity) };
  return say(page, missing.length ? "total-from" : quantity > 1 ? "total-each" : "total", values);
}

function remainingOf(page) {
  const { count } = page.view.answer;
  if (count === 1) return say(page, "remaining-one");
  if (count <= Number.MAX_SAFE_INTEGER) return say(page, "remaining", { count: page.number(count) });
  return say(page, "remaining-many", { exponent: page.number(Math.floor(Math.log10(count))) });
}

function missingText(page) {
  const { missing } = page.view;
  return missing.length ? say(page, "missing", { list: page.list(missing.map(({ title }) => title)) }) : "";
}

// What the buyer does.

/** Takes a state, and keeps the one before for undo; of typing into one entry, just the first. */
function commit(page, state, typing = null) {
  if (!typing || page.typing !== typing) page.past.push(page.state);
  page.typing = typing;
  page.state = state;
  render(page);
  writeAddress(page);
}

/** Chooses an entry, with what is `given` for a text or an image. What is in its way changes, as little as can be. */
function choose(page, entry, given = {}, typing = null) {
  const values = repair(page, entry);
  if (!values) {
    render(page);
    return tell(page, say(page, "never"));
  }
  const picks = page.state.picks.map((pick, variable) => (pick === null ? null : values[variable]));
  picks[entry.variable] = entry.value;
  change(page, "changed", entry, { ...page.state, ...given, picks }, typing);
}

/** Takes back a choice, a text or an image. */
function drop(page, entry, typing = null) {
  const picks = [...page.state.picks];
  picks[entry.variable] = null;
  change(page, "dropped", entry, { ...page.state, picks }, typing);
}

/** Takes a state in which an entry is changed, and says what else that changed. */
function change(page, key, entry, state, typing) {
  const before = page.view;
  commit(page, withoutNothings(page, state), typing);
  const changes = changesOf(page, before, entry);
  const name = entry.choice?.title ?? entry.option.title;
  const said = changes.length ? [say(page, key, { choice: name, list: page.list(changes) })] : [];
  const { cap } = state;
  if (cap !== null && page.view.extra + page.view.answer.cost > cap) {
    page.state.cap = null;
    render(page);
    said.push(say(page, "cap-lifted", { cap: page.money(cap) }));
  }
  tell(page, said.join(" "));
}

/** Not to be among several, and not to be given, are no picks. */
function withoutNothings(page, { picks, texts, images, ...state }) {
  [picks, texts, images] = [[...picks], { ...texts }, { ...images }];
  for (const { option, choice, variable } of page.entries.values()) {
    if (picks[variable] || (choice && !takesSeveral(option))) continue;
    picks[variable] = null;
    delete texts[option.id];
    delete images[option.id];
  }
  return { picks, texts, images, ...state };
}

/** What is shown differently, in words, but for what was chosen. */
function changesOf(page, before, chosen) {
  return page.options.flatMap(({ option, entries }) => {
    if (option === chosen.option && !takesSeveral(option)) return [];
    const isNew = (entry) => entry !== chosen && isShown(entry, page.view) && !isShown(entry, before);
    const isGone = (entry) => entry !== chosen && !isShown(entry, page.view) && isShown(entry, before);
    const come = entries.filter(isNew).map((entry) => nameOf(page, entry));
    const left = entries.filter(isGone).map(({ choice }) => say(page, "left", { choice: choice?.title ?? option.title }));
    return come.length ? come : left;
  });
}

function type(page, entry) {
  const text = entry.input.value;
  if (text) choose(page, entry, { texts: { ...page.state.texts, [entry.option.id]: text } }, entry);
  else drop(page, entry, entry);
}

function undo(page) {
  if (!page.past.length) return;
  page.state = page.past.pop();
  page.typing = null;
  render(page);
  writeAddress(page);
  tell(page, say(page, "undone"));
}

function reset(page) {
  commit(page, { ...emptyState(page), quantity: page.state.quantity });
  tell(page, say(page, "reset"));
}

/** How often a design is drawn by lot until it costs no more than the limit. */
const DRAWS = 50;

/** Any design that keeps the picks. Nobody can make up a text: they stay as they are. */
function shuffle(page) {
  const { diagram, payload, state, view } = page;
  const fixed = [...state.picks];
  for (const { variable, choices } of payload.options) {
    if (!choices) fixed[variable] = view.shown[variable];
  }
  let values = nearest(diagram, payload.prices, fixed, [])?.values;
  if (!values) return;
  for (let draws = 0; draws < DRAWS; draws++) {
    const drawn = sample(diagram, payload.prices, fixed, Math.random);
    if (state.cap !== null && view.extra + priceOf(payload.prices, drawn) > state.cap) continue;
    values = drawn;
    break;
  }
  const picks = values.map((value, variable) => state.picks[variable] ?? value);
  for (const { option, variable } of page.entries.values()) {
    if (!option.choices) picks[variable] = state.picks[variable];
  }
  commit(page, withoutNothings(page, { ...state, picks }));
  tell(page, say(page, "shuffled"));
}

function limit(page, input) {
  const cap = input.value === "" ? null : Math.round(Number(input.value) * page.scale);
  commit(page, { ...page.state, cap: Number.isFinite(cap) ? cap : null });
  const { price } = page.view;
  const isPassed = page.state.cap !== null && price > page.state.cap;
  tell(page, isPassed ? say(page, "cap-passed", { cap: page.money(cap), total: page.money(price) }) : "");
}

function quantityOf({ payload }, text) {
  const { least = 1, most = Infinity } = payload.quantity ?? {};
  return Math.min(Math.max(Math.floor(Number(text)) || least, least), most);
}

/** Shows what of a field has all words that are looked for. */
function filter(input) {
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const words = plain(input.value).split(/\s+/);
  const field = input.closest("[data-option], [data-palette]");
  for (const item of field?.querySelectorAll("[data-choice], option, button[value]") ?? []) {
    const text = plain(`${item.textContent} ${item.title} ${item.ariaLabel ?? ""}`);
    setProperty(item, "hidden", !words.every((word) => text.includes(word)));
  }
  for (const group of field?.querySelectorAll("[data-group], optgroup") ?? []) {
    const isLeft = group.querySelector(":is([data-choice], option, button[value]):not([hidden])");
    setProperty(group, "hidden", !isLeft);
  }
}

function activate(page, id) {
  for (const palette of page.palettes) {
    if (palette.ids.includes(id)) palette.active = id;
  }
  render(page);
}

/** Arrow keys choose what is possible, and only look at what is not: space chooses that. */
function step(page, event) {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const entry = page.controls.get(event.target);
  if (!by || entry?.input.type !== "radio") return;
  event.preventDefault();
  const radios = [...entry.own.field.querySelectorAll("input[type=radio]")].filter((radio) => !radio.closest("[hidden]"));
  const next = radios[(radios.indexOf(entry.input) + by + radios.length) % radios.length];
  next.focus();
  if (page.controls.get(next)?.isPossible) next.click();
}

/** Says what is missing, and leads there. Returns whether anything is. */
function stopIncomplete(page, event) {
  const [first] = page.view.missing;
  if (!first) return false;
  event.preventDefault();
  event.stopPropagation();
  tell(page, missingText(page));
  const own = page.options.find(({ option }) => option === first.option);
  (own?.select ?? own?.entries[0].input)?.focus();
  return true;
}

// Links.

/** The page's address with the picks; or without, if there are none. */
function linkOf({ payload, state, entries }) {
  const url = new URL(location.href);
  const said = new URLSearchParams({ design: payload.design });
  for (const { option, choice, variable, value } of entries.values()) {
    url.searchParams.delete(option.id);
    if (state.picks[variable] === value && !option.image) said.append(option.id, choice?.id ?? state.texts[option.id]);
  }
  url.searchParams.delete("quantity");
  if (state.quantity !== (payload.quantity?.least ?? 1)) said.append("quantity", state.quantity);
  const isEmpty = [...said].length === 1;
  if (!isEmpty || url.hash.startsWith("#design=")) url.hash = isEmpty ? "" : said;
  return url.href;
}

function writeAddress(page) {
  try {
    const link = linkOf(page);
    if (link !== location.href) history.replaceState(history.state, "", link);
  } catch {
    // A browser allows only so many changes in a while. The next one will do.
  }
}

async function share(page) {
  const link = linkOf(page);
  try {
    await navigator.clipboard.writeText(link);
    tell(page, say(page, "link-copied"));
  } catch {
    tell(page, say(page, "link", { link }));
  }
}

/** How much of what a link says is repeated, in characters: anybody can write a link. */
const LONGEST_TOLD = 60;

/**
 * Takes the picks of a link, or of what the form sent without a script. What is not there any more, or does not go
 * with what was taken before it, is told.
 */
function readLink(page) {
  const hash = new URLSearchParams(location.hash.slice(1));
  const isLink = hash.has("design");
  // A place of the page is no link to a design.
  if (page.view && !isLink) return;
  const said = isLink ? hash : new URLSearchParams(location.search);
  const state = { ...emptyState(page), quantity: quantityOf(page, said.get("quantity")) };
  const gone = new Set(isLink ? said.keys() : []);
  for (const key of ["design", "quantity"]) gone.delete(key);
  const unfit = [];
  const take = (entry) => {
    const { costs } = sweep(page.diagram, page.payload.prices, state.picks);
    const fits = costs[entry.variable][entry.value] < Infinity;
    if (fits) state.picks[entry.variable] = entry.value;
    else unfit.push(nameOf(page, entry));
    return fits;
  };
  for (const { option, entries } of page.options) {
    gone.delete(option.id);
    for (const text of said.getAll(option.id).filter(Boolean)) {
      const entry = option.choices ? page.entries.get(`${option.id}=${text}`) : entries[0];
      if (!entry || option.image || (option.text && textProblem(option.text, text))) {
        gone.add(say(page, "choices", { option: option.title, choice: text }));
      } else if (take(entry) && option.text) state.texts[option.id] = text;
    }
  }
  if (page.view) page.past.push(page.state);
  page.state = state;
  render(page);
  writeAddress(page);
  const parts = [["link-gone", [...gone]], ["link-unfit", unfit]].filter(([, list]) => list.length);
  if (parts.length) tell(page, parts.map(([key, list]) => say(page, key, { list: page.list(list.map((item) => item.slice(0, LONGEST_TOLD))) })).join(" "));
}

// Events.

const ACTIONS = { undo, reset, random: shuffle, share, download };

function listen(page) {
  const { form } = page;
  form.addEventListener("change", ({ target }) => changed(page, target));
  form.addEventListener("input", ({ target }) => {
    const entry = page.controls.get(target);
    if (entry?.option.text) type(page, entry);
    else if (target.matches("[data-filter]")) filter(target);
  });
  form.addEventListener("click", ({ target }) => clicked(page, target));
  form.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // Looking for a choice is no order.
    if (event.key === "Enter" && event.target.matches("[data-filter]")) event.preventDefault();
    step(page, event);
  });
  form.addEventListener("submit", (event) => {
    if (!stopIncomplete(page, event)) sendOrder(page, event);
  });
}

function changed(page, target) {
  const entry = page.controls.get(target.selectedOptions?.[0] ?? target);
  // A list may begin with an <option> that is no choice.
  const emptied = entry ? null : page.options.find(({ select }) => select === target);
  const picked = emptied?.entries.find(({ variable, value }) => page.state.picks[variable] === value);
  if (picked) drop(page, picked);
  else if (entry?.option.image) takeFile(page, entry, target.files[0]);
  else if (entry?.choice && target.checked === false) drop(page, entry);
  else if (entry?.choice) choose(page, entry);
  else if (target.matches("[data-cap]")) limit(page, target);
  else if (target.matches("[data-active]")) activate(page, target.value);
  else if (target.matches("[data-quantity]")) {
    commit(page, { ...page.state, quantity: quantityOf(page, target.value) });
  }
}

function clicked(page, target) {
  const action = target.closest("[data-action]")?.dataset.action;
  if (Object.hasOwn(ACTIONS, action ?? "")) return ACTIONS[action](page);
  const shape = target.closest("[data-preview] [data-fill]");
  if (shape) return activate(page, shape.dataset.fill);
  const button = target.closest("[data-palette] button[value]");
  const palette = page.palettes.find(({ buttons }) => buttons.includes(button));
  const entry = palette && page.entries.get(`${palette.active}=${button.value}`);
  if (entry) choose(page, entry);
}
