// Sums of which a cell is part, also while it is being edited. Decimals are integers in units of
// their last place, so that nothing is rounded.

export function toDecimal(text) {
  if (text == null) return null;
  let plain = String(text).normalize("NFKC").replace(/[,\s¥$]/g, "").replace(/[−–—]/g, "-");
  const bracketed = /^\((.*)\)$/.exec(plain);
  if (bracketed) plain = `-${bracketed[1]}`;
  plain = plain.replace(/^[△▲]/, "-").replace(/%$/, "");
  if (plain === "" || plain === "-") return { units: 0n, places: 0 };
  const match = /^([-+]?)(\d*)\.?(\d*)$/.exec(plain);
  if (!match || !(match[2] || match[3])) return null;
  const units = BigInt(match[2] + match[3] || "0");
  return { units: match[1] === "-" ? -units : units, places: match[3].length };
}

function scaled({ units, places }, to) {
  return units * 10n ** BigInt(to - places);
}

export function add(numbers) {
  const places = Math.max(0, ...numbers.map((number) => number.places));
  const units = numbers.reduce((sum, number) => sum + scaled(number, places), 0n);
  return { units, places };
}

export const minus = (a, b) => add([a, { units: -b.units, places: b.places }]);

export function toText({ units, places }) {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const part = places ? `.${digits.slice(-places)}` : "";
  return (units < 0n ? "-" : "") + whole + part;
}

const isAt = (cell, [row, col]) => cell.row === row && cell.col === col;

// All checks of which a cell is part, with the tables of the total and the parts.
export function checksOf(store, cell) {
  const found = [];
  for (const [id, table] of store.tables) {
    for (const check of table.checks) {
      const parts = check.parts_table ?? id;
      const total = id === cell.table && isAt(cell, check.total);
      const part = parts === cell.table && check.parts.some((place) => isAt(cell, place));
      if (total || part) found.push({ check, table: id, parts });
    }
  }
  const weight = { fails: 0, "not-computable": 1, rounding: 2, holds: 3 };
  return found.sort((a, b) => weight[a.check.outcome] - weight[b.check.outcome]);
}

// The result of a sum with another text in one of its cells, or null if it cannot be computed.
export function tried(store, { check, table, parts }, cell, text) {
  if (!["sum", "balance", "equal"].includes(check.kind) || check.quote !== null) return null;
  const valueAt = (id, [row, col]) => {
    if (id === cell.table && isAt(cell, [row, col])) return toDecimal(text);
    const other = store.cells.get(`${id}/${row}/${col}`);
    return other ? toDecimal(other.value ?? (other.text === "" ? "" : null)) : null;
  };
  const found = valueAt(table, check.total);
  const values = check.parts.map((place) => valueAt(parts, place));
  if (!found || values.some((value) => value === null)) return null;
  const signed = values.map((value, i) =>
    check.signs[i] === -1 ? { units: -value.units, places: value.places } : value,
  );
  const expected = add(signed);
  const off = minus(found, expected);
  const tolerance = toDecimal(check.tolerance);
  const places = Math.max(off.places, tolerance.places);
  const size = scaled(off, places);
  return {
    expected,
    found,
    off,
    holds: (size < 0n ? -size : size) <= scaled(tolerance, places),
  };
}

// The text of a cell with which a sum would hold exactly, or null.
export function mending(store, entry, cell) {
  const now = tried(store, entry, cell, cell.value ?? cell.text);
  if (!now || now.off.units === 0n) return null;
  if (entry.table === cell.table && isAt(cell, entry.check.total)) return toText(now.expected);
  const index = entry.check.parts.findIndex((place) => isAt(cell, place));
  const own = toDecimal(cell.value ?? cell.text);
  if (index === -1 || !own) return null;
  const sign = entry.check.signs[index] === -1 ? -1n : 1n;
  return toText(add([own, { units: sign * now.off.units, places: now.off.places }]));
}
