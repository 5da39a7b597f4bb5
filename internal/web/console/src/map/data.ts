import { section } from '../lib/alerts';
import { along, bearing, distance, ellipse, fan, Line, type LonLat } from '../lib/geo';
import { likely, type LiveAlert, type LiveSensor, type LiveTrack, type Picture } from '../lib/picture';
import { trackImage } from '../lib/shapes';
import type { Coverage, Incident, Site, SiteSensor } from '../lib/types';

// The picture as GeoJSON, for the map's sources. Pure: what goes in is all that comes out.

export type Shape = { type: 'Point'; coordinates: LonLat } | { type: 'LineString'; coordinates: LonLat[] } | { type: 'Polygon'; coordinates: LonLat[][] };
export type Item = { type: 'Feature'; properties: Record<string, unknown>; geometry: Shape };
export type Items = { type: 'FeatureCollection'; features: Item[] };

export const items = (features: Item[]): Items => ({ type: 'FeatureCollection', features });
const item = (geometry: Shape, properties: Record<string, unknown>): Item => ({ type: 'Feature', properties, geometry });
const dot = (coordinates: LonLat, properties: Record<string, unknown>): Item => item({ type: 'Point', coordinates }, properties);
const path = (coordinates: LonLat[], properties: Record<string, unknown>): Item => item({ type: 'LineString', coordinates }, properties);
const area = (ring: LonLat[], properties: Record<string, unknown>): Item => item({ type: 'Polygon', coordinates: [ring] }, properties);

const rich = 250; // so many tracks get ellipse, leader and trail; in a crowd only those that matter do
const ahead = 60; // s: a leader shows where a track is in a minute if it goes on like this

export interface View {
  picture: Picture;
  plain: boolean;
  selected: string | undefined; // track
  label: (t: LiveTrack) => string;
}

export function tracks(v: View): { points: Items; ellipses: Items; trails: Items; leaders: Items } {
  const out = { points: [] as Item[], ellipses: [] as Item[], trails: [] as Item[], leaders: [] as Item[] };
  const alerted = new Set<string>();
  for (const a of v.picture.alerts.values()) if (section(a.alert) !== 'ended') a.alert.tracks?.forEach((t) => alerted.add(t));
  const crowd = v.picture.tracks.size > rich;
  for (const [key, t] of v.picture.tracks) {
    const { track } = t;
    const at: LonLat = [track.lon, track.lat];
    const matters = alerted.has(track.id) || key === v.selected;
    const properties = {
      key,
      icon: trackImage((track.count ?? 1) > 1 ? 'group' : likely(track.class)[0], track.friendly, v.plain),
      dim: track.status === 'confirmed' ? (v.picture.newest - t.time > 10_000 ? 0.6 : 1) : track.status === 'coasting' ? 0.5 : 0.65,
      size: track.status === 'tentative' ? 0.62 : 0.85,
      label: matters || !crowd ? v.label(t) : '',
      friendly: track.friendly,
      matters,
    };
    out.points.push(dot(at, properties));
    if (crowd && !matters) continue;
    const ring = ellipse(at, track.cov ?? { ee: 0, en: 0, nn: 0 }, 2);
    if (ring.length > 0) out.ellipses.push(area(ring, properties));
    if (t.trail.length > 1) out.trails.push(path(t.trail, properties));
    if (track.speed_mps > 0.3) out.leaders.push(path([at, along(at, track.course_deg, track.speed_mps * ahead)], properties));
  }
  return { points: items(out.points), ellipses: items(out.ellipses), trails: items(out.trails), leaders: items(out.leaders) };
}

export function alerts(list: LiveAlert[], selected: string | undefined): Items {
  const shown = list.filter((a) => section(a.alert) !== 'ended' && (a.alert.lat !== 0 || a.alert.lon !== 0) && Number.isFinite(a.alert.lat));
  return items(shown.map((a) => {
    const open = section(a.alert) === 'open';
    return dot([a.alert.lon, a.alert.lat], {
      id: a.alert.id,
      icon: `${open ? 'alert' : 'seen'}-${a.alert.priority}`,
      order: open ? 1 : 0,
      selected: a.alert.id === selected,
    });
  }));
}

export function sensors(site: Site | undefined, live: LiveSensor[]): { points: Items; fans: Items } {
  const state = new Map(live.map((s) => [`${s.sector}/${s.sensor.id}`, s.sensor.state]));
  const points: Item[] = [];
  const fans: Item[] = [];
  const stacked = new Map<string, SiteSensor[]>();
  for (const s of site?.sensors ?? []) {
    if (!s.pose) continue;
    const is = state.get(`${s.sector}/${s.id}`) ?? 'unknown';
    const bad = ['silent', 'offline', 'degraded'].includes(is);
    const at: LonLat = [s.pose.lon, s.pose.lat];
    if (s.coverage?.range_m) fans.push(area(fan(at, s.coverage.range_m, s.coverage.azimuth_deg), { id: s.id, bad }));
    const mast = `${at[0].toFixed(4)},${at[1].toFixed(4)}`;
    const before = stacked.get(mast) ?? [];
    stacked.set(mast, [...before, s]);
    points.push(dot(at, { id: s.id, bad, icon: bad ? 'sensor-bad' : 'sensor', label: s.id, line: before.length }));
  }
  return { points: items(points), fans: items(fans) };
}

/** The site's line. Only what can be drawn is taken: a file that is none must not take the page down with it. */
export function borderLine(site: Site | undefined): Line | undefined {
  const coordinates: LonLat[] = [];
  for (const f of site?.border?.features ?? []) {
    const g = f.geometry;
    const parts = g?.type === 'MultiLineString' ? (g.coordinates as LonLat[][]) : g?.type === 'LineString' ? [g.coordinates as LonLat[]] : [];
    for (const part of parts) for (const p of part) if (Number.isFinite(p?.[0]) && Number.isFinite(p?.[1])) coordinates.push([p[0], p[1]]);
  }
  return coordinates.length > 1 ? new Line(coordinates) : undefined;
}

/**
 * The line by who watches it. The cells are metres along the part of the line that lies in the sector, which begins where the line
 * enters it.
 */
export function watched(line: Line, site: Site | undefined, coverage: [string, Coverage][]): Items {
  const out: Item[] = [];
  for (const [sector, c] of coverage) {
    const start = entry(line, site?.sectors.find((s) => s.id === sector)?.extent);
    for (const cell of c.cells) {
      const by = cell.sensors?.length ?? 0;
      out.push(path(line.part(start + cell.from_m, start + cell.to_m), { by: Math.min(by, 2), names: (cell.sensors ?? []).join(', ') }));
    }
  }
  return items(out);
}

function entry(line: Line, e: Site['sectors'][number]['extent'] | undefined): number {
  if (!e) return 0;
  for (let m = 0; m <= line.length; m += 5) {
    const [lon, lat] = line.at(m);
    if (lon >= e.west && lon <= e.east && lat >= e.south && lat <= e.north) return m;
  }
  return 0;
}

/** Posts every kilometre, and the names of both sides. */
export function posts(line: Line, site: Site | undefined): Items {
  const out: Item[] = [];
  for (let m = 0; m <= line.length; m += 1000) out.push(dot(line.at(m), { kind: 'post', label: `${m / 1000} km`, far: m % 5000 === 0 ? `${m / 1000} km` : '' }));
  const sides = site?.sectors[0]?.sides ?? [];
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const m = share * line.length;
    const course = bearing(line.at(Math.max(0, m - 200)), line.at(m + 200));
    [-90, 90].forEach((turn, i) => {
      if (sides[i]) out.push(dot(along(line.at(m), course + turn, line.length / 50), { kind: 'side', label: sides[i] }));
    });
  }
  return items(out);
}

/** How far a line of sight is drawn: a little beyond what the incident is about. */
function reach(i: Incident | undefined, from: LonLat): number {
  const a = i?.alert.alert;
  return a && (a.lat || a.lon) ? 1.1 * distance(from, [a.lon, a.lat]) : 4000;
}

/** The plots of an incident, the path of its tracks, and the lines of sight of sensors that gave bearings. */
export function incident(i: Incident | undefined, site: Site | undefined, colour: (sensor: string) => string): { plots: Items; sights: Items; paths: Items } {
  const plots: Item[] = [];
  const sights: Item[] = [];
  const courses = new Map<string, LonLat[]>();
  for (const d of i?.detections ?? []) {
    const properties = { id: d.id, sensor: d.sensor, colour: colour(d.sensor), time: Date.parse(d.time) };
    const pose = site?.sensors.find((s) => s.id === d.sensor)?.pose;
    const from = d.from ?? pose;
    if (d.lat !== undefined && d.lon !== undefined) plots.push(dot([d.lon, d.lat], properties));
    else if (from && d.azimuth_deg !== undefined) {
      const base: LonLat = [from.lon, from.lat];
      const end = along(base, d.azimuth_deg, d.range_m ?? reach(i, base));
      if (d.range_m !== undefined) plots.push(dot(end, properties));
      else sights.push(path([base, end], properties));
    } else if (from) plots.push(dot([from.lon, from.lat], properties));
  }
  for (const e of i?.tracks ?? []) {
    if (!e.track) continue;
    const known = courses.get(e.track.id) ?? [];
    known.push([e.track.lon, e.track.lat]);
    courses.set(e.track.id, known);
  }
  const paths = [...courses].filter(([, p]) => p.length > 1).map(([id, p]) => path(p, { id }));
  return { plots: items(plots), sights: items(sights), paths: items(paths) };
}
