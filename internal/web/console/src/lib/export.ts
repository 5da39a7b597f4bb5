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

export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
