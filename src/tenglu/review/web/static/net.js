// Requests to the desk. A write carries the token of the session; a session that the server does
// not know any more (it was started anew) is opened again, and the request goes out once more.

const root = document.documentElement;
let csrf = root.dataset.csrf;

const RETRIED = [502, 503, 504];

export class Unreachable extends Error {}

async function send(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (cause) {
    throw new Unreachable("the desk does not answer", { cause });
  }
}

async function renew() {
  const response = await send("/session");
  if (!response.ok) return false;
  csrf = (await response.json()).csrf;
  return true;
}

async function request(path, options) {
  const go = () => send(path, { ...options, headers: { ...options.headers, "X-CSRF": csrf } });
  let response = await go();
  if ((response.status === 401 || response.status === 403) && (await renew())) response = await go();
  // 503: the disk is full, say. Other faults do not pass by themselves: what was said is refused.
  if (RETRIED.includes(response.status)) throw new Unreachable(`the desk answers ${response.status}`);
  const data = await response.json().catch(() => ({ error: `the desk answers ${response.status}` }));
  return { status: response.status, data };
}

export const get = (path) => request(path, { method: "GET", headers: {} });

export const post = (path, body) =>
  request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

// Not randomUUID: where the desk is reached by another name than localhost, it is missing.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
