// Checks an order on a server, with nothing but what the product's page has: `verify(order, product)`, where
// `product` is the page's data-payload. What comes from a browser is anybody's writing, so no value of
// `order` makes it fail: all that is wrong is told.

/** What a product's diagram decodes to. */
const decodedDiagrams = new WeakMap();

/**
 * Returns `{ valid, price, problems }`: the price for one in minor units, or null if the order does not say
 * enough to tell; and what is wrong, a sentence each, with the titles of the constraints that are not met.
 */
function verify(order, product) {
  const problems = [];
  const says = objectOr(order, () => problems.push("the order is no object"));
  if (problems.length) return { valid: false, price: null, problems };
  if (says.product !== product.product) problems.push(`the product is not ${product.product}`);
  if (says.design !== product.design) problems.push(`the design is not ${product.design}`);
  if (says.currency !== product.currency) problems.push(`the currency is not ${product.currency}`);
  checkQuantity(says.quantity, product.quantity, problems);
  const values = valuesOf(says, product, problems);
  const price = values && product.base + priceOf(product.prices, values) + textsPrice(product.options, says.texts ?? {});
  if (values) checkConstraints(values, product, problems);
  if (values && says.price !== price) problems.push(`the price is ${price}`);
  return { valid: problems.length === 0, price, problems };
}

function objectOr(value, complain) {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  complain();
  return {};
}

/** A member that the object itself has: an option may be called `constructor`. */
function memberOf(object, key) {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function checkQuantity(quantity, { least = 1, most = Infinity } = {}, problems) {
  if (!Number.isInteger(quantity)) problems.push("the quantity is no whole number");
  else if (quantity < least) problems.push(`the quantity is less than ${least}`);
  else if (quantity > most) problems.push(`the quantity is more than ${most}`);
}

/** The value of each variable; null if the order does not say all of them. */
function valuesOf(order, product, problems) {
  const before = problems.length;
  const choices = objectOr(order.choices, () => problems.push("the choices are no object"));
  const texts = objectOr(order.texts ?? {}, () => problems.push("the texts are no object"));
  const images = listOr(order.images ?? [], () => problems.push("the images are no list of names"));
  const kinds = { choices: Object.keys(choices), texts: Object.keys(texts), images };
  for (const [kind, names] of Object.entries(kinds)) {
    const own = product.options.filter((option) => kindOf(option) === kind).map(({ id }) => id);
    for (const name of names) {
      if (!own.includes(name)) problems.push(`there is no option ${name} among the ${kind}`);
    }
  }
  const values = product.prices.map(() => 0);
  for (const option of product.options) {
    const complain = (what) => problems.push(`${option.id}: ${what}`);
    if (option.text) values[option.variable] = textValue(option, memberOf(texts, option.id), complain);
    else if (option.image) values[option.variable] = +images.includes(option.id);
    else if (takesSeveral(option)) takeSeveral(option, memberOf(choices, option.id), values, complain);
    else values[option.variable] = placeIn(option, memberOf(choices, option.id), complain);
  }
  return problems.length === before ? values : null;
}

function kindOf(option) {
  return option.text ? "texts" : option.image ? "images" : "choices";
}

/** A list of different strings. */
function listOr(value, complain) {
  const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
  if (isList && new Set(value).size === value.length) return value;
  complain();
  return [];
}

function placeIn(option, id, complain) {
  const at = option.choices.findIndex((choice) => choice.id === id);
  if (id === undefined) complain("nothing is chosen");
  else if (at < 0) complain(typeof id === "string" ? `there is no choice ${id}` : "the choice is no name");
  return at;
}

function takeSeveral(option, list, values, complain) {
  const ids = listOr(list ?? [], () => complain("the choices are no list of different names"));
  for (const id of ids) {
    const [variable, value] = placeOf(option, placeIn(option, id, complain));
    values[variable] = value;
  }
  if (ids.length < option.least) complain(`fewer than ${option.least} are chosen`);
  if (ids.length > option.most) complain(`more than ${option.most} are chosen`);
}

function textValue(option, text, complain) {
  if (text === undefined) return 0;
  if (typeof text !== "string" || text === "") complain("the text is empty, or no text");
  else {
    const problem = textProblem(option.text, text);
    if (problem === "longest") complain(`the text is longer than ${option.text.longest}`);
    if (problem === "lines") complain(`the text has more lines than ${option.text.lines ?? 1}`);
    if (problem === "characters") complain("the text has other characters than it may have");
  }
  return 1;
}

function checkConstraints(values, product, problems) {
  if (!decodedDiagrams.has(product)) decodedDiagrams.set(product, decodeDiagram(product.diagram));
  if (allows(decodedDiagrams.get(product), values)) return;
  const broken = product.constraints.filter(({ rule }) => !holds(rule, values)).map(({ title }) => title);
  // What no constraint forbids is not for this visitor.
  problems.push(...(broken.length ? broken : ["the choices do not go together"]));
}
