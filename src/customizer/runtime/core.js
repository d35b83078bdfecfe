// What a customizer knows without a page: which choices are possible, what they cost, how many designs
// there are. The page asks it after each click, and a server when an order comes in.
//
// `diagram` is what `decodeDiagram` returns; `prices[variable][value]` are whole minor units; `picks` has a
// value, or null, for each variable. Every answer is the one that the compiler's own gives, to the last bit:
// sums are made in the same order, and ties go to the same side.

/** Counts end here, as nothing times infinity would be no number. */
const MOST = Number.MAX_VALUE;

/**
 * Reads decision diagrams. Nodes are numbered from the root down; 0 is nowhere. A node of a layer has an arc
 * for each class of values that mean the same; a value of class 0 is never possible.
 */
function decodeDiagram(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  let at = 0;
  const number = () => {
    let [sum, scale, byte] = [0, 1, 0];
    do {
      byte = bytes[at++];
      sum += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127);
    return sum;
  };
  return Array.from({ length: number() }, () => decodeComponent(number));
}

/** A diagram of variables that constrain each other. */
function decodeComponent(number) {
  const layers = Array.from({ length: number() }, () => {
    const variable = number();
    const classes = Uint16Array.from({ length: number() }, number);
    return { variable, classes, width: classes.reduce((a, b) => Math.max(a, b), 0) };
  });
  const root = number();
  let [end, nodes] = [1, root];
  for (const layer of layers) {
    layer.first = end;
    end += nodes;
    nodes = 0;
    layer.arcs = Uint32Array.from({ length: (end - layer.first) * layer.width }, () => {
      const back = number();
      const child = back && end + nodes + 1 - back;
      if (back === 1) nodes++;
      return child;
    });
  }
  return { layers, root, end };
}

/** For each of some places: the cheapest of the ways through it, and their number. None as yet. */
function noWays(length) {
  return { cost: new Float64Array(length).fill(Infinity), count: new Float64Array(length) };
}

function addWay(ways, at, cost, count) {
  if (cost < ways.cost[at]) ways.cost[at] = cost;
  ways.count[at] += count;
}

/** The values of each class that the picks leave. */
function ownWays({ variable, classes, width }, prices, picks) {
  const ways = noWays(width);
  classes.forEach((kind, value) => {
    if (kind && (picks[variable] ?? value) === value) addWay(ways, kind - 1, prices[variable][value], 1);
  });
  return ways;
}

/** From each node to the end. */
function sweepUp({ layers, end }, prices, picks) {
  const own = layers.map((layer) => ownWays(layer, prices, picks));
  const toEnd = noWays(end + 1);
  addWay(toEnd, end, 0, 1);
  for (let at = layers.length - 1; at >= 0; at--) {
    const { arcs, width, first } = layers[at];
    const { cost, count } = own[at];
    for (let arc = 0, node = first; arc < arcs.length; node++) {
      for (let kind = 0; kind < width; kind++, arc++) {
        const child = arcs[arc];
        if (child) addWay(toEnd, node, cost[kind] + toEnd.cost[child], count[kind] * toEnd.count[child]);
      }
      toEnd.count[node] = Math.min(toEnd.count[node], MOST);
    }
  }
  return { own, toEnd };
}

/** For each layer and class: the ways through it, without what the layer itself adds. */
function sweepThrough({ layers, root, end }, { own, toEnd }) {
  const fromRoot = noWays(end + 1);
  addWay(fromRoot, root, 0, 1);
  return layers.map(({ arcs, width, first }, at) => {
    const { cost, count } = own[at];
    const through = noWays(width);
    for (let arc = 0, node = first; arc < arcs.length; node++) {
      const above = fromRoot.cost[node];
      const ways = Math.min(fromRoot.count[node], MOST);
      for (let kind = 0; kind < width; kind++, arc++) {
        const child = arcs[arc];
        if (!child) continue;
        addWay(through, kind, above + toEnd.cost[child], ways * toEnd.count[child]);
        addWay(fromRoot, child, above + cost[kind], ways * count[kind]);
      }
    }
    return through;
  });
}

/**
 * What each value of each variable would mean with the picks of all *other* variables: `costs[variable][value]`
 * is the cheapest total with it, Infinity if it is not possible, and `counts` how many designs have it. `cost`
 * and `count` are those of the picks as they are.
 */
function sweep(diagram, prices, picks) {
  const swept = diagram.map((component) => sweepUp(component, prices, picks));
  const totals = swept.map(({ toEnd }, at) => [toEnd.cost[diagram[at].root], toEnd.count[diagram[at].root]]);
  const both = (a, b) => [a[0] + b[0], Math.min(a[1] * b[1], MOST)];
  const [costs, counts] = [[], []];
  let before = [0, 1];
  diagram.forEach((component, at) => {
    const [otherCost, otherCount] = both(before, totals.slice(at + 1).reduceRight(both, [0, 1]));
    sweepThrough(component, swept[at]).forEach(({ cost, count }, layer) => {
      const { variable, classes } = component.layers[layer];
      costs[variable] = new Float64Array(classes.length).fill(Infinity);
      counts[variable] = new Float64Array(classes.length);
      classes.forEach((kind, value) => {
        if (!kind) return;
        costs[variable][value] = cost[kind - 1] + otherCost + prices[variable][value];
        counts[variable][value] = Math.min(Math.min(count[kind - 1], MOST) * otherCount, MOST);
      });
    });
    before = both(before, totals[at]);
  });
  return { cost: before[0], count: before[1], costs, counts };
}

/**
 * The design that has all that is `fixed` and, of the `wishes`, changes the fewest; the cheapest of those.
 * `values` has a value for each variable. Null if there is no such design.
 */
function nearest(diagram, prices, fixed, wishes) {
  const found = { values: [], changes: 0, cost: 0 };
  for (const component of diagram) {
    if (!addNearest(found, component, prices, fixed, wishes)) return null;
  }
  return found;
}

/** Least changes, and among those least costs, with what has them. */
function noOffers(length) {
  return {
    changes: new Float64Array(length).fill(Infinity),
    cost: new Float64Array(length).fill(Infinity),
    by: new Uint16Array(length),
  };
}

function offer(offers, at, changes, cost, by) {
  const most = offers.changes[at];
  if (changes > most || (changes === most && cost >= offers.cost[at])) return;
  offers.changes[at] = changes;
  offers.cost[at] = cost;
  offers.by[at] = by;
}

function addNearest(found, { layers, root, end }, prices, fixed, wishes) {
  const own = layers.map(({ variable, classes, width }) => {
    const offers = noOffers(width);
    const wish = fixed[variable] ?? wishes[variable];
    classes.forEach((kind, value) => {
      if (!kind || (fixed[variable] ?? value) !== value) return;
      offer(offers, kind - 1, (wish ?? value) === value ? 0 : 1, prices[variable][value], value);
    });
    return offers;
  });
  const best = noOffers(end + 1);
  offer(best, end, 0, 0, 0);
  for (let at = layers.length - 1; at >= 0; at--) {
    const { arcs, width, first } = layers[at];
    const { changes, cost } = own[at];
    for (let arc = 0, node = first; arc < arcs.length; node++) {
      for (let kind = 0; kind < width; kind++, arc++) {
        const child = arcs[arc];
        if (child) offer(best, node, changes[kind] + best.changes[child], cost[kind] + best.cost[child], kind);
      }
    }
  }
  if (best.cost[root] === Infinity) return false;
  found.changes += best.changes[root];
  found.cost += best.cost[root];
  let node = root;
  layers.forEach(({ variable, arcs, width, first }, at) => {
    const kind = best.by[node];
    found.values[variable] = own[at].by[kind];
    node = arcs[(node - first) * width + kind];
  });
  return true;
}

/** A design with the picks, each as likely as every other; there must be one. `random` is as `Math.random`. */
function sample(diagram, prices, picks, random) {
  const values = [];
  for (const component of diagram) {
    const { own, toEnd } = sweepUp(component, prices, picks);
    let node = component.root;
    component.layers.forEach(({ variable, classes, arcs, width, first }, at) => {
      const children = arcs.subarray((node - first) * width, (node - first + 1) * width);
      const kind = draw(own[at].count.map((count, kind) => count * toEnd.count[children[kind]]), random);
      const isOfKind = (other, value) => other === kind + 1 && (picks[variable] ?? value) === value;
      values[variable] = draw(Array.from(classes, (other, value) => +isOfKind(other, value)), random);
      node = children[kind];
    });
  }
  return values;
}

/** A place, as likely as its weight. */
function draw(weights, random) {
  const most = weights.reduce((a, b) => Math.max(a, b), 0);
  // Weights may be so large that their sum is infinite, and infinite themselves.
  const shares = Array.from(weights, (weight) => Math.min(weight, MOST) / Math.min(most, MOST));
  let left = random() * shares.reduce((a, b) => a + b, 0);
  const found = shares.findIndex((share) => (left -= share) < 0);
  // Rounding may leave a little.
  return found < 0 ? shares.findLastIndex((share) => share > 0) : found;
}

/** Whether a value for each variable is a valid design. */
function allows(diagram, values) {
  return diagram.every(({ layers, root }) => {
    let node = root;
    for (const { variable, classes, arcs, width, first } of layers) {
      const kind = classes[values[variable]];
      node = node && kind ? arcs[(node - first) * width + kind - 1] : 0;
    }
    return node > 0;
  });
}

/** What a value for each variable adds to the base price. */
function priceOf(prices, values) {
  return prices.reduce((sum, own, variable) => sum + own[values[variable]], 0);
}

/** Whether a rule is met, whatever else is chosen: true, false, or undefined while that is open. */
function holds([kind, ...parts], picks) {
  return RULES[kind](parts, picks);
}

/** Open, if no part settles it. */
function every(truths) {
  return truths.includes(false) ? false : truths.includes(undefined) ? undefined : true;
}

function negate(truth) {
  return truth === undefined ? undefined : !truth;
}

const RULES = {
  in: ([variable, values], picks) => (picks[variable] == null ? undefined : values.includes(picks[variable])),
  not: ([rule], picks) => negate(holds(rule, picks)),
  all: (rules, picks) => every(rules.map((rule) => holds(rule, picks))),
  any: (rules, picks) => negate(every(rules.map((rule) => negate(holds(rule, picks))))),
  if: ([premise, conclusion], picks) => holds(["any", ["not", premise], conclusion], picks),
  table: ([variables, rows], picks) => {
    const isLeft = (row) => row.every((value, at) => (picks[variables[at]] ?? value) === value);
    if (!rows.some(isLeft)) return false;
    return variables.some((variable) => picks[variable] == null) ? undefined : true;
  },
  sum: ([terms, comparison, bound], picks) => {
    const sumOf = (unknown) =>
      terms.reduce((sum, [variable, weights]) => sum + (weights[picks[variable]] ?? unknown(...weights)), 0);
    const [least, most] = [sumOf(Math.min), sumOf(Math.max)];
    const truths = [most <= bound || (least <= bound ? undefined : false), least >= bound || (most >= bound ? undefined : false)];
    return comparison === "=" ? every(truths) : truths[+(comparison === ">=")];
  },
};

/** Whether an option takes several choices: then each of them is a variable of its own, 0 or 1. */
function takesSeveral(option) {
  return option.least !== undefined;
}

/** The variable and value of an option's choice; of a text or an image that is given, for `at` 1. */
function placeOf(option, at) {
  return takesSeveral(option) ? [option.variable + at, 1] : [option.variable, at];
}

/**
 * What is wrong with a text: `longest`, `lines` or `characters`; undefined if nothing is. Characters are single ones
 * and ranges such as `A-Z`; a `-` at either end is itself.
 */
function textProblem({ longest = Infinity, lines = 1, characters }, text) {
  const allowed = characters === undefined ? " -\u{10ffff}" : characters.replace(/[\\\]^[]/g, "\\$&");
  if ([...text].length > longest) return "longest";
  if (text.split("\n").length > lines) return "lines";
  if (!new RegExp(`^[\n${allowed}]*$`, "u").test(text)) return "characters";
}

/** What texts cost by their length; `texts` has those that are given, by option. */
function textsPrice(options, texts) {
  const isPriced = ({ id, text }) => text?.each && Object.hasOwn(texts, id);
  return options.filter(isPriced).reduce((sum, { id, text }) => sum + text.each * [...texts[id]].length, 0);
}
