// The order in which cells are reviewed.

export const isDoubtful = (cell) => cell.open;

export function inReadingOrder(store) {
  const place = new Map(store.order.map((id, i) => [id, i]));
  return (a, b) => place.get(a.table) - place.get(b.table) || a.row - b.row || a.col - b.col;
}

const failsFirst = (cell) => (cell.flags.includes("sum-fails") ? 0 : 1);

export function worstFirst(store) {
  const reading = inReadingOrder(store);
  return (a, b) => a.rank - b.rank || failsFirst(a) - failsFirst(b) || reading(a, b);
}

// The cells that are left to review, in the given order.
export function queueOf(store, order, wanted = isDoubtful) {
  return [...store.cells.values()].filter(wanted).sort(order(store));
}

export function neighbour(store, order, current, step, wanted = isDoubtful) {
  const queue = queueOf(store, order, wanted);
  if (!queue.length) return null;
  if (!current) return queue[0];
  const compare = order(store);
  const others = queue.filter((cell) => cell.key !== current.key);
  if (!others.length) return queue[0];
  const behind = others.findIndex((cell) => compare(cell, current) > 0);
  if (step > 0) return behind === -1 ? others[0] : others[behind];
  const before = behind === -1 ? others.length - 1 : behind - 1;
  return others[(before + others.length) % others.length];
}
