import { section } from './alerts';
import type { LiveAlert } from './picture';
import type { Coverage } from './types';

export interface Shift {
  raised: LiveAlert[]; // in the period, the oldest first
  open: LiveAlert[]; // whatever is not closed, whenever it was raised
  verdicts: [string, number][];
  priorities: Record<string, number>;
  people: [string, number][]; // who answered how many
  buckets: number[]; // alarms in each ten minutes of the period
  holes: { sector: string; from: number; to: number }[];
}

const ten = 10 * 60_000;

/** What the one who comes needs to know of the hours that were. */
export function shift(alerts: LiveAlert[], coverage: [string, Coverage][], from: number, to: number): Shift {
  const raised = alerts.filter((a) => a.raised >= from && a.raised <= to).sort((a, b) => a.raised - b.raised);
  const open = alerts.filter((a) => section(a.alert) !== 'ended').sort((a, b) => a.raised - b.raised);
  const buckets = new Array<number>(Math.max(1, Math.ceil((to - from) / ten))).fill(0);
  for (const a of raised) {
    const i = Math.min(Math.floor((a.raised - from) / ten), buckets.length - 1);
    buckets[i] = buckets[i]! + 1 + (a.alert.folded ?? 0);
  }
  const holes = coverage.flatMap(([sector, c]) =>
    c.cells.filter((cell) => (cell.sensors?.length ?? 0) === 0).map((cell) => ({ sector, from: cell.from_m, to: cell.to_m })));
  return {
    raised,
    open,
    verdicts: count(raised.flatMap((a) => (a.alert.verdict ? [a.alert.verdict] : []))),
    priorities: Object.fromEntries(count(raised.map((a) => a.alert.priority))),
    people: count(raised.flatMap((a) => a.alert.resolved_by ?? a.alert.acked_by ?? [])),
    buckets,
    holes,
  };
}

function count(words: string[]): [string, number][] {
  const n = new Map<string, number>();
  for (const w of words) n.set(w, (n.get(w) ?? 0) + 1);
  return [...n].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
