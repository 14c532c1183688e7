// Which key was meant.

// Caps Lock, with which many switch their input method, makes no other letter of one.
export function keyOf({ key, shiftKey }) {
  if (!/^[a-z]$/i.test(key)) return key;
  return shiftKey ? key.toUpperCase() : key.toLowerCase();
}
