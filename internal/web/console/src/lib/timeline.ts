import type { Incident } from './types';

export interface Mark {
  at: number; // ms
  x: number; // 0 … 1 of the span
  id: string;
}

export interface Row {
  sensor: string;
  group: string;
  marks: Mark[];
}

export interface Timeline {
  from: number;
  to: number;
  rows: Row[];
  moment: number; // 0 … 1: when it happened
  raised: number;
}

/** Who saw what when: a row for each sensor, ordered by its first word. */
export function timeline(incident: Incident): Timeline {
  const alert = incident.alert.alert!;
  const rows = new Map<string, { group: string; times: { at: number; id: string }[] }>();
  const add = (sensor: string, group: string, time: string, id: string) => {
    const at = Date.parse(time);
    if (!Number.isFinite(at)) return;
    const row = rows.get(sensor) ?? { group, times: [] };
    row.times.push({ at, id });
    rows.set(sensor, row);
  };
  for (const d of incident.detections) add(d.sensor, d.group, d.time, d.id);
  for (const e of alert.evidence ?? []) if (!rows.has(e.sensor)) add(e.sensor, e.group, e.time, e.detection);
  const happened = Date.parse(alert.time);
  const raised = Date.parse(alert.raised);
  const all = [...rows.values()].flatMap((r) => r.times.map((t) => t.at)).concat([happened, raised].filter(Number.isFinite));
  const from = Math.min(...all);
  const to = Math.max(...all, from + 1000);
  const x = (at: number) => Math.min(1, Math.max(0, (at - from) / (to - from)));
  return {
    from,
    to,
    moment: x(happened),
    raised: x(raised),
    rows: [...rows].map(([sensor, r]) => ({
      sensor,
      group: r.group,
      marks: r.times.sort((a, b) => a.at - b.at).map((t) => ({ ...t, x: x(t.at) })),
    })).sort((a, b) => (a.marks[0]?.at ?? 0) - (b.marks[0]?.at ?? 0) || (a.sensor < b.sensor ? -1 : 1)),
  };
}
