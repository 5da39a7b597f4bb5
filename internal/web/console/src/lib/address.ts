// What is on the screen stands in the address, so that it survives a reload and can be sent to a colleague.

export interface Address {
  view: 'live' | 'sensors' | 'handover';
  alert?: string;
  open: boolean; // the alert's incident is open
  track?: string;
  map?: { lat: number; lon: number; zoom: number };
  lang?: 'en' | 'fr';
  from?: number; // of the replayed period, ms
  to?: number;
  sensor?: string;
}

const views = ['live', 'sensors', 'handover'] as const;

export function parse(hash: string): Address {
  const q = new URLSearchParams(hash.replace(/^#/, ''));
  const out: Address = { view: views.find((v) => v === q.get('view')) ?? 'live', open: q.has('open') };
  const text = (name: 'alert' | 'track' | 'sensor') => {
    const v = q.get(name);
    if (v) out[name] = v;
  };
  text('alert');
  text('track');
  text('sensor');
  const lang = q.get('lang');
  if (lang === 'en' || lang === 'fr') out.lang = lang;
  const [lat, lon, zoom] = (q.get('map') ?? '').split(',').map(Number);
  if (ok(lat, 90) && ok(lon, 180) && ok(zoom, 24)) out.map = { lat: lat!, lon: lon!, zoom: zoom! };
  const from = Date.parse(q.get('from') ?? '');
  const to = Date.parse(q.get('to') ?? '');
  if (from < to) Object.assign(out, { from, to });
  return out;
}

const ok = (n: number | undefined, limit: number): boolean => n !== undefined && Number.isFinite(n) && Math.abs(n) <= limit;

export function format(a: Address): string {
  const q: string[] = [];
  const put = (name: string, value: string) => q.push(`${name}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%3A', ':')}`);
  if (a.view !== 'live') put('view', a.view);
  if (a.alert) put('alert', a.alert);
  if (a.open) put('open', '1');
  if (a.track) put('track', a.track);
  if (a.sensor) put('sensor', a.sensor);
  if (a.map) put('map', `${a.map.lat.toFixed(4)},${a.map.lon.toFixed(4)},${a.map.zoom.toFixed(1)}`);
  if (a.lang) put('lang', a.lang);
  if (a.from && a.to) {
    put('from', new Date(a.from).toISOString());
    put('to', new Date(a.to).toISOString());
  }
  return q.length > 0 ? `#${q.join('&')}` : '';
}
