// Requests to the server. A write has the CSRF token of the session. If the server was restarted and
// does not know the session, open a new one and send the request again.

const root = document.documentElement;
let csrf = root.dataset.csrf;

const RETRIED = [502, 503, 504];

export class Unreachable extends Error {}

async function send(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (cause) {
    throw new Unreachable("the review app does not answer", { cause });
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
  // 503: for example, the disk is full. Other errors are not temporary, so the request is rejected.
  if (RETRIED.includes(response.status)) throw new Unreachable(`HTTP status ${response.status}`);
  const data = await response.json().catch(() => ({ error: `HTTP status ${response.status}` }));
  return { status: response.status, data };
}

export const get = (path) => request(path, { method: "GET", headers: {} });

export const post = (path, body) =>
  request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

// randomUUID does not exist on hosts other than localhost without HTTPS.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
