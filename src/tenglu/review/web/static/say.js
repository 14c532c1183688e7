// Texts in the language of the browser, and small helpers for the page.

const words = JSON.parse(document.getElementById("speech").textContent);

export const language = document.documentElement.lang;

export function say(name, facts = {}, fallback = name) {
  const text = words[name] ?? fallback;
  return text.replace(/\{(\w+)\}/g, (_, key) => facts[key] ?? "");
}

// The reason why a request was rejected.
export const reasonOf = ({ why, facts, error }) => (why ? say(`why-${why}`, facts) : error);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (name === "dataset") Object.assign(made.dataset, value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

export const percent = (share) => {
  if (share == null) return say("not-scored");
  const permille = Math.floor(Math.round(share * 1e9) / 1e6); // cut, so that 100% means certain
  return `${Math.floor(permille / 10)}.${permille % 10}%`;
};

// Kinds: "plain" and "good" inform, "bad" warns, "busy" stays until the next notice.
let fading;
export function hush() {
  document.getElementById("notice").hidden = true;
}

export function notice(text, kind = "plain") {
  const box = document.getElementById("notice");
  box.textContent = text;
  box.className = kind;
  box.hidden = false;
  clearTimeout(fading);
  if (kind !== "busy") fading = setTimeout(() => (box.hidden = true), kind === "plain" ? 3500 : 9000);
}
