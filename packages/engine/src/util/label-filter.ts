/** `label` and `label!` filters: "name" or "name=value", every one of which must hold. */
export function matchesLabels(labels: Record<string, string>, wanted: readonly string[]): boolean {
  return wanted.every((filter) => hasLabel(labels, filter));
}

/** None of the unwanted ones holds. */
export function lacksLabels(labels: Record<string, string>, unwanted: readonly string[]): boolean {
  return !unwanted.some((filter) => hasLabel(labels, filter));
}

function hasLabel(labels: Record<string, string>, filter: string): boolean {
  const at = filter.indexOf('=');
  if (at === -1) return Object.hasOwn(labels, filter);
  const name = filter.slice(0, at);
  return Object.hasOwn(labels, name) && labels[name] === filter.slice(at + 1);
}
