// The key of a keyboard event.

// Ignore Caps Lock, which many use to switch the input method.
export function keyOf({ key, shiftKey }) {
  if (!/^[a-z]$/i.test(key)) return key;
  return shiftKey ? key.toUpperCase() : key.toLowerCase();
}
