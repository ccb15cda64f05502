// What our scripts may not do, beside Deno's own rules: speak by themselves, write numbers in a way of
// their own, or listen to keys beside keyboard.js. Run by `deno lint`, and by rules.test.js on scripts that do it.

const SHOWN = new Set([
  "textContent",
  "innerText",
  "innerHTML",
  "title",
  "alt",
  "ariaLabel",
  "placeholder",
  "label",
]); // deno-fmt-ignore
const SHOWN_ATTRIBUTES = new Set(["title", "alt", "placeholder", "aria-label", "aria-description"]);
const WORD = /\p{L}{2,}/u;
const SENTENCE = /^\p{Lu}\p{L}*,? .*\p{L}{2,}/u;
const BESIDE = "No sentence stands in a script: put it into portal/script_words.py.";

/** The texts that stand in a node as they will be read: of a string, a template, both ways of a `?:`. */
const texts = (node) => {
  if (!node) return [];
  if (node.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node.type === "TemplateLiteral") return node.quasis.map((part) => part.cooked);
  if (node.type === "ConditionalExpression") {
    return [...texts(node.consequent), ...texts(node.alternate)];
  }
  if (node.type === "LogicalExpression" || node.type === "BinaryExpression") {
    return [...texts(node.left), ...texts(node.right)];
  }
  return [];
};

const ofThePages = ({ filename }) => /[\\/]static[\\/]js[\\/]/.test(filename);

const nameOf = (node) => node?.name ?? node?.value;

export default {
  name: "hairline",
  rules: {
    "no-words": {
      create(context) {
        if (!ofThePages(context)) return {};
        const report = (node) => context.report({ node, message: BESIDE });
        const shows = (node, value) => {
          if (texts(value).some((text) => WORD.test(text))) report(node);
        };
        return {
          AssignmentExpression(node) {
            if (node.left.type !== "MemberExpression") return;
            if (SHOWN.has(nameOf(node.left.property))) shows(node, node.right);
          },
          CallExpression(node) {
            if (nameOf(node.callee.property) !== "setAttribute") return;
            if (SHOWN_ATTRIBUTES.has(node.arguments[0]?.value)) shows(node, node.arguments[1]);
          },
          Property(node) {
            if (SHOWN.has(nameOf(node.key))) shows(node, node.value);
          },
          Literal(node) {
            if (typeof node.value !== "string" || !SENTENCE.test(node.value)) return;
            if (!inError(node)) report(node); // an error is read by whoever mends the script
          },
        };
      },
    },
    "numbers-in-one-place": {
      create(context) {
        const theirs = /\/(numbers|chart-language)\.js$/; // the second tells Plotly of a language
        if (!ofThePages(context) || theirs.test(context.filename)) return {};
        const message = "Numbers and times are written by numbers.js, in the page's language.";
        return {
          MemberExpression(node) {
            if (nameOf(node.object) === "Intl" || /^toLocale/.test(nameOf(node.property))) {
              context.report({ node, message });
            }
          },
        };
      },
    },
    "keys-in-one-place": {
      create(context) {
        if (!ofThePages(context) || context.filename.endsWith("/keyboard.js")) return {};
        return {
          CallExpression(node) {
            const { callee, arguments: given } = node;
            if (nameOf(callee.property ?? callee) !== "addEventListener") return;
            const on = callee.object;
            const wholePage = !on || ["document", "window", "globalThis"].includes(nameOf(on)) ||
              nameOf(on.property) === "body";
            if (!wholePage || !/^key/.test(given[0]?.value ?? "")) return;
            const message = "Keys of a whole page go through onKey of keyboard.js: there the " +
              "account's switch reaches them.";
            context.report({ node, message });
          },
        };
      },
    },
  },
};

const inError = (node) => {
  for (let each = node.parent; each; each = each.parent) {
    if (each.type === "NewExpression") return /Error$/.test(nameOf(each.callee) ?? "");
  }
  return false;
};
