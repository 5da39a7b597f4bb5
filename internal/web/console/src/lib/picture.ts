import { distance, type LonLat } from './geo';
import type { Alert, Coverage, PictureEvent, Sensor, Track } from './types';

const trailPoints = 120;
const trailStep = 4; // m: a standing target writes no trail
const dropAfter = 60_000; // ms of event time without word, beside what the daemon calls lost
const keptEnded = 1000; // alerts: as many as the daemon keeps

export interface LiveTrack {
  track: Track;
  sector: string;
  time: number; // ms
  trail: LonLat[];
}

export interface LiveAlert {
  alert: Alert;
  sector: string;
  raised: number; // ms
}

export interface LiveSensor {
  sensor: Sensor;
  sector: string;
  time: number;
}

/** What is known, from the events so far. Plain maps: two thousand tracks would only be slowed down by a framework's proxies. */
export class Picture {
  tracks = new Map<string, LiveTrack>();
  alerts = new Map<string, LiveAlert>();
  sensors = new Map<string, LiveSensor>();
  coverage = new Map<string, Coverage>();
  newest = 0; // event time, ms
  malformed = 0; // events that made no sense: counted, never fatal

  clear(): void {
    this.tracks.clear();
    this.sensors.clear();
    this.coverage.clear();
    for (const [id, a] of this.alerts) if (a.alert.change !== 'end') this.alerts.delete(id);
  }

  /** Takes one event and says what it was about; nothing for one that is malformed. */
  apply(e: PictureEvent): string | undefined {
    const kind = this.put(e);
    if (!kind) this.malformed++;
    return kind;
  }

  private put(e: PictureEvent): string | undefined {
    const time = Date.parse(e?.time);
    if (!Number.isFinite(time)) return undefined;
    if (e.track) return this.putTrack(e.track, e.sector, time);
    if (e.alert) return this.putAlert(e.alert, e.sector);
    if (e.sensor) return this.putSensor(e.sensor, e.sector, time);
    if (e.coverage && Array.isArray(e.coverage.cells)) {
      this.coverage.set(e.sector, e.coverage);
      return 'coverage';
    }
    if (e.crossing && isId(e.crossing.id)) return 'crossing'; // an alert tells of it
    return e.reject ? 'reject' : undefined; // the sensors' page asks for them
  }

  private putTrack(track: Track, sector: string, time: number): string | undefined {
    if (!isId(track.id) || !isPlace(track.lat, track.lon)) return undefined;
    this.newest = Math.max(this.newest, time);
    const key = `${sector}/${track.id}`;
    if (track.status === 'lost') {
      this.tracks.delete(key);
      return 'track';
    }
    const at: LonLat = [track.lon, track.lat];
    const trail = this.tracks.get(key)?.trail ?? [];
    for (const merged of track.lineage ?? []) if (merged !== track.id) this.tracks.delete(`${sector}/${merged}`);
    if (trail.length === 0 || distance(trail.at(-1)!, at) > trailStep) trail.push(at);
    if (trail.length > trailPoints) trail.shift();
    this.tracks.set(key, { track, sector, time, trail });
    return 'track';
  }

  private putAlert(alert: Alert, sector: string): string | undefined {
    const raised = Date.parse(alert.raised);
    if (!isId(alert.id) || !Number.isFinite(raised)) return undefined;
    const known = this.alerts.get(alert.id);
    if (known && (known.alert.revision ?? 0) > (alert.revision ?? 0)) return 'alert'; // an answer to a command may overtake the stream
    this.alerts.set(alert.id, { alert, sector, raised });
    return 'alert';
  }

  private putSensor(sensor: Sensor, sector: string, time: number): string | undefined {
    if (!isId(sensor.id)) return undefined;
    this.sensors.set(`${sector}/${sensor.id}`, { sensor, sector, time });
    return 'sensor';
  }

  /** Drops tracks that have said nothing for long, by event time, and the oldest of too many alerts that are over. */
  sweep(): void {
    for (const [key, t] of this.tracks) if (this.newest - t.time > dropAfter) this.tracks.delete(key);
    let over = -keptEnded;
    for (const a of this.alerts.values()) if (a.alert.change === 'end') over++;
    for (const [id, a] of this.alerts) {
      if (over <= 0) break;
      if (a.alert.change !== 'end') continue;
      this.alerts.delete(id);
      over--;
    }
  }
}

const isId = (id: unknown): id is string => typeof id === 'string' && id !== '';
const isPlace = (lat: unknown, lon: unknown): boolean =>
  typeof lat === 'number' && typeof lon === 'number' && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;

/** The most probable class of a track, and how probable it is. */
export function likely(classes: Record<string, number> | undefined): [string, number] {
  let best = 'unknown';
  let most = 0;
  for (const [name, p] of Object.entries(classes ?? {})) {
    if (p > most) [best, most] = [name, p];
  }
  return [best, most];
}
