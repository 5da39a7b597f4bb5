import { plain, type Texts } from './text';
import { timeline } from './timeline';
import type { Feature, Features, Incident } from './types';

/** An incident as GeoJSON: the place of the alert, the path of each track, and every plot. */
export function geojson(incident: Incident): Features {
  const features: Feature[] = [];
  const { alert } = incident.alert;
  if (alert) features.push(point(alert.lon, alert.lat, { what: 'alert', id: alert.id, kind: alert.kind, time: alert.time, text: alert.text }));
  const paths = new Map<string, { lon: number; lat: number; time: string }[]>();
  for (const e of incident.tracks) {
    if (!e.track) continue;
    const path = paths.get(e.track.id) ?? [];
    path.push({ lon: e.track.lon, lat: e.track.lat, time: e.time });
    paths.set(e.track.id, path);
  }
  for (const [id, path] of paths) {
    features.push({
      type: 'Feature',
      properties: { what: 'track', id, times: path.map((p) => p.time) },
      geometry: { type: 'LineString', coordinates: path.map((p) => [p.lon, p.lat]) },
    });
  }
  for (const d of incident.detections) {
    if (d.lat === undefined || d.lon === undefined) continue;
    features.push(point(d.lon, d.lat, { what: 'detection', id: d.id, sensor: d.sensor, time: d.time }));
  }
  return { type: 'FeatureCollection', features };
}

const point = (lon: number, lat: number, properties: Record<string, unknown>): Feature => ({
  type: 'Feature',
  properties,
  geometry: { type: 'Point', coordinates: [lon, lat] },
});

/** Who saw what when, as a picture of its own. */
export function timelineSVG(incident: Incident, colour: (sensor: string) => string, texts: Texts): string {
  const t = timeline(incident);
  const height = 22 * t.rows.length + 60;
  const x = (share: number) => (160 + 600 * share).toFixed(1);
  const rows = t.rows.map((row, i) => {
    const y = 22 * i + 44;
    const marks = row.marks.map((m) => `<circle cx="${x(m.x)}" cy="${y}" r="3.5" fill="${colour(row.sensor)}"/>`).join('');
    return `<text x="12" y="${y + 4}">${escaped(plain(row.sensor, 20))}</text><path d="M160 ${y}H760" stroke="#2a3641"/>${marks}`;
  });
  const alert = incident.alert.alert!;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="780" height="${height}" font-family="sans-serif" font-size="12" fill="#d8e0e7">`
    + `<rect width="100%" height="100%" fill="#0c1116"/><text x="12" y="20">${escaped(plain(texts.lang === 'fr' && alert.text_fr ? alert.text_fr : alert.text, 120))}</text>`
    + `<path d="M${x(t.moment)} 30V${height - 24}" stroke="#f4f7fa" stroke-dasharray="3 3"/>${rows.join('')}`
    + `<text x="160" y="${height - 8}">${texts.time(t.from)}</text><text x="760" y="${height - 8}" text-anchor="end">${texts.time(t.to)}</text></svg>\n`;
}

const escaped = (s: string): string => s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** An incident in one file: what is known of it, its places, the map as it is on the screen, and its timeline. */
export async function pack(incident: Incident, map: Blob | undefined, colour: (sensor: string) => string, texts: Texts): Promise<Blob> {
  const { strToU8, zipSync } = await import('fflate');
  const files: Record<string, Uint8Array> = {
    'incident.json': strToU8(JSON.stringify(incident, null, 1)),
    'incident.geojson': strToU8(JSON.stringify(geojson(incident), null, 1)),
    'timeline.svg': strToU8(timelineSVG(incident, colour, texts)),
  };
  if (map) files['map.png'] = new Uint8Array(await map.arrayBuffer());
  return new Blob([zipSync(files) as Uint8Array<ArrayBuffer>], { type: 'application/zip' });
}

export function download(name: string, file: Blob): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
