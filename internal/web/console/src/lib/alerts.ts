import type { LiveAlert } from './picture';
import type { Alert, Priority } from './types';

export const priorities: Priority[] = ['critical', 'high', 'medium', 'low'];

export type Section = 'open' | 'acknowledged' | 'aside' | 'ended';

/** Where in the list an alert belongs. What came back to normal unseen is still unseen. */
export function section(a: Alert): Section {
  if (a.change === 'end' || a.state === 'resolved') return 'ended';
  switch (a.state) {
    case 'acknowledged':
      return 'acknowledged';
    case 'shelved':
    case 'suppressed':
    case 'out_of_service':
      return 'aside';
    default:
      return 'open';
  }
}

const rank = (p: string): number => {
  const i = priorities.indexOf(p as Priority);
  return i < 0 ? priorities.length : i;
};

/** Open ones by priority, the newest first; acknowledged ones by age, the oldest first, since they are what gets forgotten. */
export function compare(a: LiveAlert, b: LiveAlert): number {
  const s = section(a.alert);
  if (s === 'acknowledged') return a.raised - b.raised || byId(a, b);
  if (s === 'aside') return Date.parse(a.alert.shelf?.until ?? '') - Date.parse(b.alert.shelf?.until ?? '') || byId(a, b);
  if (s === 'ended') return Date.parse(b.alert.updated) - Date.parse(a.alert.updated) || byId(a, b);
  return rank(a.alert.priority) - rank(b.alert.priority) || b.raised - a.raised || byId(a, b);
}

const byId = (a: LiveAlert, b: LiveAlert): number => (a.alert.id < b.alert.id ? -1 : 1);

/**
 * The order of a list. While it is held (a pointer is over it, or the keyboard in it) what is there keeps its order, and what is new
 * goes in where it belongs.
 */
export function arrange(alerts: LiveAlert[], shown: string[], held: boolean): LiveAlert[] {
  const sorted = [...alerts].sort(compare);
  if (!held) return sorted;
  const by = new Map(alerts.map((a) => [a.alert.id, a]));
  const out = shown.map((id) => by.get(id)).filter((a) => a !== undefined);
  const known = new Set(shown);
  for (const a of sorted) {
    if (known.has(a.alert.id)) continue;
    const before = out.findIndex((b) => compare(a, b) < 0);
    if (before < 0) out.push(a);
    else out.splice(before, 0, a);
  }
  return out;
}

const window = 10 * 60_000; // ms

/** Alarms raised in the ten minutes before now (ISA-18.2's unit). Those that a folded row stands for count too. */
export function rate(alerts: Iterable<LiveAlert>, now: number): number {
  let n = 0;
  for (const a of alerts) if (a.raised <= now + 5000 && now - a.raised < window) n += 1 + (a.alert.folded ?? 0);
  return n;
}

export type Grade = 'good' | 'busy' | 'over';

/** What one person can handle: about one in ten minutes, two at most. */
export const grade = (perTen: number): Grade => (perTen <= 1 ? 'good' : perTen <= 2 ? 'busy' : 'over');

/** A flood begins above ten in ten minutes and ends below five. */
export const flooded = (perTen: number, before: boolean): boolean => (before ? perTen >= 5 : perTen > 10);

export interface Fold {
  key: string;
  sector: string;
  kind: string;
  class: string;
  alerts: LiveAlert[];
}

/** In a flood the urgent stay rows of their own and the others become one counted row per sector, kind and class: folded, never dropped. */
export function fold(alerts: LiveAlert[]): { rows: LiveAlert[]; folds: Fold[] } {
  const rows: LiveAlert[] = [];
  const folds = new Map<string, Fold>();
  for (const a of alerts) {
    if (rank(a.alert.priority) <= 1) {
      rows.push(a);
      continue;
    }
    const key = `${a.sector}/${a.alert.kind}/${a.alert.class}`;
    const known = folds.get(key) ?? { key, sector: a.sector, kind: a.alert.kind, class: a.alert.class, alerts: [] };
    known.alerts.push(a);
    folds.set(key, known);
  }
  const single = [...folds.values()].filter((f) => f.alerts.length === 1);
  return { rows: [...rows, ...single.flatMap((f) => f.alerts)], folds: [...folds.values()].filter((f) => f.alerts.length > 1) };
}

/** The one that the key "next" goes to: the most urgent unanswered one after the selected one, and then around. */
export function next(open: LiveAlert[], selected: string | undefined): string | undefined {
  if (open.length === 0) return undefined;
  const at = open.findIndex((a) => a.alert.id === selected);
  return open[(at + 1) % open.length]!.alert.id;
}

/** Since when the oldest unanswered one waits. */
export function oldest(alerts: Iterable<LiveAlert>): number | undefined {
  let first: number | undefined;
  for (const a of alerts) if (section(a.alert) === 'open' && (first === undefined || a.raised < first)) first = a.raised;
  return first;
}
