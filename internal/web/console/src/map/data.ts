import { section } from '../lib/alerts';
import { along, bearing, distance, ellipse, fan, Line, type LonLat } from '../lib/geo';
import { likely, type LiveAlert, type LiveSensor, type LiveTrack, type Picture } from '../lib/picture';
import { trackImage } from '../lib/shapes';
import type { Coverage, Features, Incident, Site, SiteSensor } from '../lib/types';
import type { Box } from './camera';

// What the map shows, as shapes in degrees. Pure: what goes in is all that comes out.

export interface Scene {
  zones: { rings: LonLat[][]; name: string }[];
  extents: LonLat[][];
  posts: { at: LonLat; label: string; far: boolean }[]; // of the line; far: named from afar too
  sides: { at: LonLat; label: string }[];
  watched: { path: LonLat[]; by: number }[];
  fans: { ring: LonLat[]; bad: boolean }[];
  sensors: { at: LonLat; bad: boolean; label: string; line: number }[]; // line: how many labels of the same mast stand above
  sights: { path: LonLat[]; colour: string }[];
  paths: LonLat[][];
  plots: { at: LonLat; colour: string }[];
  tracks: DrawnTrack[];
  alerts: { at: LonLat; id: string; icon: string; open: boolean; selected: boolean }[];
}

export interface DrawnTrack {
  at: LonLat;
  key: string;
  icon: string;
  size: number;
  opacity: number;
  label: string;
  friendly: boolean;
  matters: boolean;
  ring?: LonLat[]; // of its uncertainty
  trail?: LonLat[];
  leader?: LonLat; // where it is in a minute if it goes on like this
}

export const nothing: Scene = { zones: [], extents: [], posts: [], sides: [], watched: [], fans: [], sensors: [], sights: [], paths: [], plots: [], tracks: [], alerts: [] };

const rich = 250; // so many tracks get ellipse, leader and trail; in a crowd only those that matter do
const ahead = 60; // s

export interface View {
  picture: Picture;
  plain: boolean;
  selected: string | undefined; // track
  label: (t: LiveTrack) => string;
}

export function tracks(v: View): DrawnTrack[] {
  const alerted = new Set<string>();
  for (const a of v.picture.alerts.values()) if (section(a.alert) !== 'ended') a.alert.tracks?.forEach((t) => alerted.add(t));
  const crowd = v.picture.tracks.size > rich;
  const out: DrawnTrack[] = [];
  for (const [key, t] of v.picture.tracks) {
    const { track } = t;
    const at: LonLat = [track.lon, track.lat];
    const matters = alerted.has(track.id) || key === v.selected;
    const drawn: DrawnTrack = {
      at,
      key,
      icon: trackImage((track.count ?? 1) > 1 ? 'group' : likely(track.class)[0], track.friendly, v.plain),
      opacity: track.status === 'confirmed' ? (v.picture.newest - t.time > 10_000 ? 0.6 : 1) : track.status === 'coasting' ? 0.5 : 0.65,
      size: track.status === 'tentative' ? 0.62 : 0.85,
      label: matters || !crowd ? v.label(t) : '',
      friendly: track.friendly,
      matters,
    };
    if (!crowd || matters) {
      drawn.ring = ellipse(at, track.cov ?? { ee: 0, en: 0, nn: 0 }, 2);
      drawn.trail = t.trail;
      if (track.speed_mps > 0.3) drawn.leader = along(at, track.course_deg, track.speed_mps * ahead);
    }
    out.push(drawn);
  }
  return out;
}

export function alerts(list: LiveAlert[], selected: string | undefined): Scene['alerts'] {
  const shown = list.filter((a) => section(a.alert) !== 'ended' && (a.alert.lat !== 0 || a.alert.lon !== 0) && Number.isFinite(a.alert.lat) && Number.isFinite(a.alert.lon));
  return shown.map((a) => {
    const open = section(a.alert) === 'open';
    return { at: [a.alert.lon, a.alert.lat] as LonLat, id: a.alert.id, icon: `${open ? 'alert' : 'seen'}-${a.alert.priority}`, open, selected: a.alert.id === selected };
  }).sort((a, b) => Number(a.open) - Number(b.open)); // what waits for an answer lies on top
}

export function sensors(site: Site | undefined, live: LiveSensor[]): Pick<Scene, 'sensors' | 'fans'> {
  const state = new Map(live.map((s) => [`${s.sector}/${s.sensor.id}`, s.sensor.state]));
  const out: Pick<Scene, 'sensors' | 'fans'> = { sensors: [], fans: [] };
  const stacked = new Map<string, SiteSensor[]>();
  for (const s of site?.sensors ?? []) {
    if (!s.pose) continue;
    const is = state.get(`${s.sector}/${s.id}`) ?? 'unknown';
    const bad = ['silent', 'offline', 'degraded'].includes(is);
    const at: LonLat = [s.pose.lon, s.pose.lat];
    if (s.coverage?.range_m) out.fans.push({ ring: fan(at, s.coverage.range_m, s.coverage.azimuth_deg), bad });
    const mast = `${at[0].toFixed(4)},${at[1].toFixed(4)}`;
    const before = stacked.get(mast) ?? [];
    stacked.set(mast, [...before, s]);
    out.sensors.push({ at, bad, label: s.id, line: before.length });
  }
  return out;
}

const isPoint = (p: unknown): p is LonLat => Array.isArray(p) && Number.isFinite(p[0]) && Number.isFinite(p[1]);
const pathOf = (points: unknown): LonLat[] => (Array.isArray(points) ? points.filter(isPoint) : []);

/** The site's line. Only what can be drawn is taken; an error for features that hold no line at all. */
export function borderLine(site: Site | undefined): Line | undefined {
  const coordinates: LonLat[] = [];
  for (const f of site?.border?.features ?? []) {
    const g = f.geometry;
    const parts = g?.type === 'MultiLineString' ? (g.coordinates as unknown[]) : g?.type === 'LineString' ? [g.coordinates] : [];
    for (const part of parts) coordinates.push(...pathOf(part));
  }
  if (coordinates.length > 1) return new Line(coordinates);
  if ((site?.border?.features?.length ?? 0) > 0) throw new Error('no line in it');
  return undefined;
}

/** The site's zones; an error for one that is no area. */
export function zones(areas: Features | undefined): Scene['zones'] {
  return (areas?.features ?? []).map((f, i) => {
    const { type, coordinates } = f.geometry ?? {};
    const polygons = type === 'Polygon' ? [coordinates] : type === 'MultiPolygon' ? coordinates : undefined;
    const name = String(f.properties?.name ?? f.properties?.id ?? '');
    const rings = Array.isArray(polygons) ? polygons.flatMap((p) => (Array.isArray(p) ? p.map(pathOf) : [])).filter((r) => r.length > 2) : [];
    if (rings.length === 0) throw new Error(`zone ${name || i + 1}: ${type ?? 'nothing'} is no area`);
    return { rings, name };
  });
}

/** The frames of the sectors. */
export const extents = (site: Site | undefined): LonLat[][] =>
  (site?.sectors ?? []).map(({ extent: e }) => [[e.west, e.south], [e.east, e.south], [e.east, e.north], [e.west, e.north], [e.west, e.south]]);

/** The box around all sectors. */
export function whole(site: Site | undefined): Box | undefined {
  const all = site?.sectors.map((s) => s.extent) ?? [];
  if (all.length === 0) return undefined;
  return {
    west: Math.min(...all.map((e) => e.west)), south: Math.min(...all.map((e) => e.south)),
    east: Math.max(...all.map((e) => e.east)), north: Math.max(...all.map((e) => e.north)),
  };
}

/**
 * The line by who watches it. The cells are metres along the part of the line that lies in the sector, which begins where the line
 * enters it. While nobody has told who watches, the line is drawn as it is.
 */
export function watched(line: Line, site: Site | undefined, coverage: [string, Coverage][]): Scene['watched'] {
  const out: Scene['watched'] = [];
  for (const [sector, c] of coverage) {
    const start = entry(line, site?.sectors.find((s) => s.id === sector)?.extent);
    for (const cell of c.cells) out.push({ path: line.part(start + cell.from_m, start + cell.to_m), by: Math.min(cell.sensors?.length ?? 0, 2) });
  }
  return out.length > 0 ? out : [{ path: line.points, by: 1 }];
}

function entry(line: Line, e: Box | undefined): number {
  if (!e) return 0;
  for (let m = 0; m <= line.length; m += 5) {
    const [lon, lat] = line.at(m);
    if (lon >= e.west && lon <= e.east && lat >= e.south && lat <= e.north) return m;
  }
  return 0;
}

/** Posts every kilometre, and the names of both sides. */
export function posts(line: Line, site: Site | undefined): Pick<Scene, 'posts' | 'sides'> {
  const out: Pick<Scene, 'posts' | 'sides'> = { posts: [], sides: [] };
  for (let m = 0; m <= line.length; m += 1000) out.posts.push({ at: line.at(m), label: `${m / 1000} km`, far: m % 5000 === 0 });
  const names = site?.sectors[0]?.sides ?? [];
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const m = share * line.length;
    const course = bearing(line.at(Math.max(0, m - 200)), line.at(m + 200));
    [-90, 90].forEach((turn, i) => {
      const label = names[i];
      if (label) out.sides.push({ at: along(line.at(m), course + turn, line.length / 50), label });
    });
  }
  return out;
}

/** How far a line of sight is drawn: a little beyond what the incident is about. */
function reach(i: Incident | undefined, from: LonLat): number {
  const a = i?.alert.alert;
  return a && (a.lat || a.lon) ? 1.1 * distance(from, [a.lon, a.lat]) : 4000;
}

/** The plots of an incident, the path of its tracks, and the lines of sight of sensors that gave bearings. */
export function incident(i: Incident | undefined, site: Site | undefined, colour: (sensor: string) => string): Pick<Scene, 'plots' | 'sights' | 'paths'> {
  const out: Pick<Scene, 'plots' | 'sights' | 'paths'> = { plots: [], sights: [], paths: [] };
  for (const d of i?.detections ?? []) {
    const from = d.from ?? site?.sensors.find((s) => s.id === d.sensor)?.pose;
    const plot = (at: LonLat) => out.plots.push({ at, colour: colour(d.sensor) });
    if (d.lat !== undefined && d.lon !== undefined) plot([d.lon, d.lat]);
    else if (from && d.azimuth_deg !== undefined) {
      const base: LonLat = [from.lon, from.lat];
      const end = along(base, d.azimuth_deg, d.range_m ?? reach(i, base));
      if (d.range_m !== undefined) plot(end);
      else out.sights.push({ path: [base, end], colour: colour(d.sensor) });
    } else if (from) plot([from.lon, from.lat]);
  }
  const courses = new Map<string, LonLat[]>();
  for (const e of i?.tracks ?? []) {
    if (!e.track) continue;
    const known = courses.get(e.track.id) ?? [];
    known.push([e.track.lon, e.track.lat]);
    courses.set(e.track.id, known);
  }
  out.paths = [...courses.values()].filter((p) => p.length > 1);
  return out;
}
